"""Builds the incidents from the stored runs, their diagnoses and the ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

import polars as pl

from whyspan_analysis import fleet
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.incidents.changes import what_changed
from whyspan_analysis.incidents.ledger import Ledger, read_ledger
from whyspan_analysis.incidents.model import (
    Alarm,
    Change,
    ExampleRun,
    Incident,
    IncidentsDocument,
    IntroducedIn,
    NoteEntry,
    Point,
    Reopened,
    SignatureParts,
    VersionCount,
    moment,
)
from whyspan_analysis.incidents.prevention import prevention_of
from whyspan_analysis.incidents.proposals import proposals
from whyspan_analysis.incidents.recurrence import Recurrence, read_recurrence
from whyspan_analysis.incidents.runs import Known, read_known, read_runs
from whyspan_analysis.incidents.standing import came_back
from whyspan_analysis.incidents.versions import Versions, by_version, onset, read_versions
from whyspan_analysis.words import NO_CAUSE
from whyspan_collector.service import AnyStore

EXAMPLES: Final = 5
"""Runs named per incident; the filter `incident:ID` finds all."""

Url: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Period:
    """Everything the incidents of a period are built from."""

    runs: pl.DataFrame
    """As `read_runs` gives them."""
    ledger: Ledger
    known: dict[str, Known]
    versions: Versions
    recurrence: Recurrence
    since_ns: int | None


def read_period(
    store: AnyStore, since_ns: int | None = None, until_ns: int | None = None, filter_text: str = ""
) -> Period:
    """Reads what the incidents of a period are built from; bounds in nanoseconds since the epoch, the end excluded."""
    ledger = read_ledger(store)
    runs = read_runs(store, ledger, since_ns=since_ns, until_ns=until_ns, filter_text=filter_text)
    return Period(
        runs, ledger, read_known(store, ledger), read_versions(store), read_recurrence(store, ledger), since_ns
    )


def build(period: Period, run_url: Url = lambda _: None, alarms: Sequence[Alarm] = ()) -> IncidentsDocument:
    """The incidents of a period, most runs first.

    Args:
        period: what they are built from.
        run_url: gives the address of a run in the dashboard.
        alarms: what `alarms.read_alarms` found.
    """
    runs = period.runs
    length, interval = _period_length(runs)
    view = _View(period, runs.partition_by("agent", as_dict=True), what_changed(runs), interval, run_url)
    groups = runs.filter(pl.col("incident").is_not_null()).partition_by("incident", as_dict=True)
    incidents = [_incident(view, str(incident), members) for (incident,), members in groups.items()]
    incidents.sort(key=lambda each: (-each.runs, each.first_seen or "", each.id))
    return IncidentsDocument(
        since=None if period.since_ns is None else moment(period.since_ns),
        runs=runs.height,
        failed=runs.filter(pl.col("outcome") == "failed").height,
        period=length,
        incidents=incidents,
        proposals=proposals(incidents, runs, period.ledger),
        alarms=list(alarms),
    )


def _period_length(runs: pl.DataFrame) -> tuple[str, str]:
    timed = runs["at"].drop_nulls()
    seconds = (timed.max() - timed.min()).total_seconds() if len(timed) else 0.0  # type: ignore[operator,union-attr]
    return next(((name, step) for name, step, longest in fleet.PERIODS if seconds <= longest), ("month", "1mo"))


@dataclass(frozen=True, slots=True)
class _View:
    """What all incidents of a document have in common."""

    period: Period
    of_agents: Mapping[tuple[Any, ...], pl.DataFrame]
    """(agent,) -> its runs."""
    changed: Mapping[str, list[Change] | None]
    interval: str
    """Of the trends, in polars' words."""
    run_url: Url


def _incident(view: _View, incident: str, members: pl.DataFrame) -> Incident:
    period = view.period
    known, standing = period.known[incident], period.ledger.standing(incident)
    agents = members["agent"].value_counts(sort=True)["agent"].to_list()
    among = pl.concat([view.of_agents[agent,] for agent in agents])
    versions = _versions(incident, among, agents[0], period.versions)
    found = onset(versions)
    cause = cause_words(known.parts["detector"], unnamed=_unnamed(members))
    back = came_back(standing, members, period.versions)
    costs = members.select(pl.col(fleet.COSTS).sum()).to_dicts()[0]
    return Incident(
        id=incident,
        signatures=known.signatures,
        title=title(known.parts, cause),
        cause=cause,
        parts=SignatureParts(**known.parts),
        status="open" if back else standing.status,
        fixed_in=standing.fix.name if standing.fix else None,
        reopened=Reopened(**back | {"at": moment(back["at"])}) if back else None,
        owner=standing.owner,
        notes=[NoteEntry(at=moment(note.at_ns), person=note.person, text=note.text) for note in standing.notes],
        first_seen=moment(known.first_ns),
        last_seen=moment(known.last_ns),
        runs=members.height,
        share=members.height / among.height,
        agents=[agent for agent in agents if agent is not None],
        models=sorted(set(members["models"].explode().drop_nulls())),
        versions=[VersionCount(**asdict(each)) for each in versions if each.failed or len(versions) <= _VERSIONS],
        introduced_in=IntroducedIn(**asdict(found)) if found else None,
        changed=view.changed[incident],
        prevention=prevention_of(incident, period.recurrence, standing, period.versions),
        grades={grade: count for grade in fleet.GRADES if (count := members.filter(pl.col("grade") == grade).height)},
        cost=_known_sum(members["cost"]),
        **costs,
        tokens=_known_sum(members["tokens"]),
        time_ms=_known_sum(members["duration_ms"]),
        trend=_trend(incident, among, view.interval),
        examples=[_example(row, view.run_url) for row in best_evidenced(members).head(EXAMPLES).to_dicts()],
    )


_VERSIONS: Final = 12
"""Versions listed of an incident, whether it happened there or not; of more, only those in which it did."""


def best_evidenced(members: pl.DataFrame) -> pl.DataFrame:
    """The runs with the best grade first, then by score, then the shorter and later ones: a person reads them."""
    rank = pl.col("grade").replace_strict({grade: n for n, grade in enumerate(fleet.GRADES)}, default=9)
    return members.sort(rank, -pl.col("score"), "spans", -pl.col("at_ns").cast(pl.Float64), "run_id", nulls_last=True)


def cause_words(detector: str | None, *, unnamed: bool) -> str:
    """What happened, in the words of a detector, as far as the verdicts of the runs say so."""
    if detector is None:
        return NO_CAUSE
    known = BY_NAME.get(detector)
    what = known.title if known else detector
    return f"{NO_CAUSE}; noticed: {what[0].lower()}{what[1:]}" if unnamed else what


def _unnamed(members: pl.DataFrame) -> bool:
    """True when the verdicts of most of these runs say that no cause was found; their second hypothesis may have a finding."""
    said = members["verdict"].fill_null(NO_CAUSE).str.contains(NO_CAUSE, literal=True)
    return 2 * int(said.sum()) > members.height


def title(parts: Mapping[str, Any], what: str) -> str:
    """What happened and where, in a line."""
    where = [f"{noun} `{parts[noun]}`" for noun in ("tool", "agent") if parts[noun]]
    said = f": {parts['error']}" if parts["error"] else ""
    return f"{what} ({', '.join(where)}){said}" if where else f"{what}{said}"


def _versions(incident: str, among: pl.DataFrame, agent: str | None, versions: Versions) -> list[Any]:
    counts = (
        among.filter(pl.col("version").is_not_null())
        .group_by("version")
        .agg(failed=(pl.col("incident") == incident).sum(), runs=pl.len())
    )
    return by_version(counts.to_dicts(), versions.ordered(agent))


def _trend(incident: str, among: pl.DataFrame, interval: str) -> list[Point]:
    counts = (
        among.group_by(start=pl.col("at").dt.truncate(interval))
        .agg(failed=(pl.col("incident") == incident).sum(), runs=pl.len())
        .sort("start")
    )
    return [Point(**row | {"start": row["start"].isoformat(timespec="seconds")}) for row in counts.to_dicts()]


def _example(row: Mapping[str, Any], run_url: Url) -> ExampleRun:
    return ExampleRun(
        run_id=row["run_id"],
        started_at=None if row["started"] is None else row["started"].isoformat(timespec="seconds"),
        version=row["version"],
        grade=row["grade"],
        verdict=row["verdict"],
        url=run_url(row["run_id"]),
    )


def _known_sum(values: pl.Series) -> Any:
    known = values.drop_nulls()
    return known.sum() if len(known) else None
