"""Incidents: what many failures have in common, since which version, and what people did about it."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from math import comb
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.incidents.alarms import alarms
from whyspan_analysis.incidents.build import build, read_period
from whyspan_analysis.incidents.changes import what_changed
from whyspan_analysis.incidents.examples import pin_examples
from whyspan_analysis.incidents.ledger import fold
from whyspan_analysis.incidents.model import Incident, IncidentsDocument
from whyspan_analysis.incidents.statistics import corrected, fisher
from whyspan_analysis.incidents.versions import OfVersion, Versions, onset
from whyspan_analysis.incidents.words import measure_words, prevention_words
from whyspan_collector.incident_events import IncidentEvent
from whyspan_collector.store import Store

DAY = 86_400 * 10**9
NOW = 1_790_000_000 * 10**9
"""When people did what they did: after every run."""

Add = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with closing(Store(tmp_path)) as opened:
        yield opened


@pytest.fixture
def add(store: Store, script: Any) -> Add:
    """Stores runs of an agent that pays an order back: `add(5, "HTTP 503", version="2")`; without an error they pass."""
    numbers = count(1)

    def add_runs(
        runs: int, error: str | None = None, *, version: str | None = None, tool: str = "refund", day: int = 0
    ) -> None:
        spans: list[Any] = []
        for number in (next(numbers) for _ in range(runs)):
            attributes = {"gen_ai.agent.version": version} if version else {}
            run = script(f"Refund order o-{number}", [tool], attributes=attributes)
            run.turn(tool, {"order": f"o-{number}"}, {"ok": True}, error=error)
            run.answer("Done." if error is None else "That did not work.")
            run.check(ok=error is None, check="paid back")
            for span in run.spans:
                span.trace_id = f"{number:032x}"
                span.start_ns += day * DAY + number * 10**9 - 100 * DAY
                span.end_ns += day * DAY + number * 10**9 - 100 * DAY
            spans += run.spans
        store.ingest(spans, [], 1)

    return add_runs


def read(store: Store, **period: Any) -> IncidentsDocument:
    """The incidents after everything was diagnosed."""
    diagnose_pending(store)
    return build(read_period(store, **period))


def only(store: Store) -> Incident:
    """The one incident there is."""
    (incident,) = read(store).incidents
    return incident


def test_one_cause_is_one_incident_and_another_another(store: Store, add: Add) -> None:
    """Failures that differ in values only are counted together; each cause by itself, most frequent first."""
    add(4, "HTTP 503 from 10.0.0.7 after 12 s")
    add(2, "HTTP 404: no such order")
    add(6)

    found = read(store)

    assert [incident.runs for incident in found.incidents] == [4, 2]
    assert (found.runs, found.failed) == (12, 6)
    assert found.incidents[0].share == pytest.approx(4 / 12)
    assert found.incidents[0].title.endswith("(tool `refund`, agent `agent`): HTTP 503 from <*> after <*> s")
    assert (found.incidents[0].cost, found.incidents[0].costs_unknown) == (None, 8)
    assert sum(point.failed for point in found.incidents[0].trend) == 4
    assert sum(point.runs for point in found.incidents[0].trend) == 12


def test_a_period_counts_its_own_runs_and_knows_when_it_began(store: Store, add: Add) -> None:
    """Counts are those of the period, the first sighting is that of all stored runs."""
    add(3, "HTTP 503", day=0)
    add(2, "HTTP 503", day=10)

    since = NOW - 95 * DAY
    (incident,) = read(store, since_ns=since).incidents

    assert incident.runs == 2
    assert incident.first_seen == only(store).first_seen
    assert incident.first_seen is not None
    assert incident.first_seen < min(str(example.started_at) for example in incident.examples)


def test_the_version_a_cause_came_in_with_is_named(store: Store, add: Add) -> None:
    """Absent from 20 runs of one version and in a third of the next: it came in with that; what was always there did not."""
    add(20, version="1.0", day=0)
    add(3, "HTTP 404", version="1.0", day=0)
    add(3, "HTTP 404", version="1.1", day=1)
    add(20, version="1.1", day=1)
    add(10, "HTTP 503", version="1.1", day=1)

    came, was = read(store).incidents

    assert came.introduced_in is not None
    assert came.introduced_in.version == "1.1"
    assert (came.introduced_in.failed_before, came.introduced_in.runs_before) == (0, 23)
    assert was.introduced_in is None
    assert [(v.version, v.failed, v.runs) for v in came.versions] == [("1.0", 0, 23), ("1.1", 10, 33)]


def test_too_few_runs_introduce_nothing() -> None:
    """One failure in the first run of a version is no proof that the version brought it."""
    assert onset([OfVersion("1", 0, 3), OfVersion("2", 1, 2)]) is None
    assert onset([OfVersion("1", 0, 200), OfVersion("2", 9, 200)]) is not None


def test_a_fixed_incident_reopens_in_a_newer_version_only(store: Store, add: Add) -> None:
    """Old versions may go on failing; the version with the fix, or a later one, may not."""
    add(3, "HTTP 503", version="1.9", day=0)
    add(1, version="1.10", day=1)
    incident = only(store)
    store.record_incident_event(IncidentEvent(NOW, incident.id, "status", "fixed", version="1.10"))

    add(2, "HTTP 503", version="1.9", day=2)
    assert (only(store).status, only(store).reopened) == ("fixed", None)

    add(1, "HTTP 503", version="1.11", day=3)
    again = only(store)
    assert again.status == "open"
    assert again.reopened is not None
    assert again.reopened.text == "Called fixed in 1.10; seen again in version 1.11."
    assert again.reopened.version == "1.11"

    store.record_incident_event(IncidentEvent(NOW + 1, incident.id, "status", "acknowledged"))
    assert (only(store).status, only(store).reopened) == ("acknowledged", None)


def test_without_versions_time_decides_whether_it_came_back(store: Store, add: Add) -> None:
    """A run that began after the fix was recorded reopens the incident, one that began before does not."""
    add(2, "HTTP 503")
    store.record_incident_event(IncidentEvent(NOW, only(store).id, "status", "fixed"))
    assert only(store).status == "fixed"

    add(1, "HTTP 503", day=200)
    assert only(store).reopened is not None


def test_what_was_done_is_listed_with_what_came_of_it(store: Store, add: Add) -> None:
    """Each fix and each test by itself, whatever the runs since say of it; a fix that failed stays in the list."""
    add(3, "HTTP 503", version="1", day=0)
    incident = only(store).id
    store.record_incident_event(IncidentEvent(NOW - 99 * DAY, incident, "test", "test_refund", person="ada"))
    alone = only(store).prevention
    assert (alone and alone.state, alone and prevention_words(alone)) == (
        "quiet",
        "Test `test_refund` written by ada: these agents have not run since (3 failed of it before).",
    )

    store.record_incident_event(IncidentEvent(NOW - 98 * DAY, incident, "status", "fixed", version="2"))
    add(2, "HTTP 503", version="2", day=3)
    store.record_incident_event(IncidentEvent(NOW - 95 * DAY, incident, "status", "fixed", version="3"))
    store.record_incident_event(IncidentEvent(NOW - 95 * DAY, incident, "test", "test_refund"))
    add(4, version="3", day=6)

    done = only(store).prevention
    assert done is not None
    assert (done.state, done.failures_since, done.runs_since) == ("quiet", 0, 4)
    assert [re.sub(r", 2026-\d\d-\d\d", "", measure_words(each)) for each in done.measures] == [
        "test `test_refund` written by ada: came back, 2 failed of it in 6 runs since",
        "fixed before in `2`: came back, 2 failed of it in 6 runs since",
        "fixed in `3`: quiet, 0 failed of it in 4 runs since",
    ]


def test_versions_that_are_no_numbers_are_ordered_by_their_first_run() -> None:
    """Commit ids have no order of their own; of a fix that never ran, what first ran after it was recorded is later."""
    versions = Versions({("a", "f00"): 10, ("a", "ba5"): 20, ("a", "c0d"): 30})

    assert versions.reaches("a", "c0d", "ba5", fixed_ns=0)
    assert versions.reaches("a", "ba5", "ba5", fixed_ns=0)
    assert not versions.reaches("a", "f00", "ba5", fixed_ns=0)
    assert versions.reaches("a", "c0d", "not yet", fixed_ns=25)
    assert not versions.reaches("a", "ba5", "not yet", fixed_ns=25)
    assert versions.reaches("a", "v1.10.0", "1.9", fixed_ns=0)
    assert versions.reaches("a", "1.9.0", "1.9", fixed_ns=0)


def test_what_people_say_stays_with_the_incident(store: Store, add: Add) -> None:
    """Owner and notes are kept, the last owner counts, and nothing of it changes the runs."""
    add(1, "HTTP 503")
    incident = only(store)
    for event in (
        IncidentEvent(NOW, incident.id, "owner", "ada", person="bo"),
        IncidentEvent(NOW + 1, incident.id, "owner", "cleo", person="bo"),
        IncidentEvent(NOW + 2, incident.id, "note", "The vendor knows.", person="cleo"),
        IncidentEvent(NOW + 3, incident.id, "status", "ignored", person="cleo"),
    ):
        store.record_incident_event(event)

    after = only(store)

    assert (after.owner, after.status, after.runs) == ("cleo", "ignored", 1)
    assert [(note.person, note.text) for note in after.notes] == [("cleo", "The vendor knows.")]


# --- near-duplicates --------------------------------------------------------------------------------------------


def test_near_duplicates_are_proposed_merged_and_kept_apart(store: Store, add: Add) -> None:
    """Two causes that differ in the tool only are proposed with the reason; a merge makes one of them, a split is remembered."""
    add(3, "HTTP 503 from the bank")
    add(2, "HTTP 503 from the bank", tool="pay_out")
    add(2, "no such customer in the register", tool="find_customer")
    first, second, _ = read(store).incidents

    (proposal,) = read(store).proposals
    assert {proposal.incident, proposal.other} == {first.id, second.id}
    assert proposal.reason == "They differ in the tool (“refund” and “pay_out”) only."

    store.record_incident_event(IncidentEvent(NOW, second.id, "merge", other=first.id))
    merged = read(store)
    assert [(each.id, each.runs) for each in merged.incidents] == [(first.id, 5), (merged.incidents[1].id, 2)]
    assert merged.incidents[0].signatures == [first.id, second.id]
    assert merged.proposals == []

    store.record_incident_event(IncidentEvent(NOW + 1, first.id, "split", other=second.id))
    apart = read(store)
    assert [each.runs for each in apart.incidents] == [3, 2, 2]
    assert apart.proposals == []


SIGNATURES = st.sampled_from([f"{number:012x}" for number in range(6)])


@given(st.lists(st.tuples(st.sampled_from(["merge", "split"]), SIGNATURES, SIGNATURES).filter(lambda e: e[1] != e[2])))
def test_any_merges_and_splits_make_sense(events: list[tuple[str, str, str]]) -> None:
    """Whatever was merged and split in whatever order, every signature has one incident, and the last word on a pair counts."""
    ledger = fold({"kind": kind, "incident": one, "other": other} for kind, one, other in events)

    for signature in {each for _, *pair in events for each in pair}:
        assert ledger.incident(ledger.incident(signature)) == ledger.incident(signature)
    for kind, one, other in events[-1:]:
        assert kind == "split" or ledger.incident(one) == ledger.incident(other)
        assert kind == "merge" or ledger.kept_apart(one, other)


# --- examples ---------------------------------------------------------------------------------------------------


def test_examples_are_kept_from_retention_once(store: Store, add: Add) -> None:
    """Three runs of each cause are pinned, the same ones whatever comes later."""
    add(5, "HTTP 503")
    add(1, "HTTP 404")
    diagnose_pending(store)

    assert pin_examples(store) == 4
    add(3, "HTTP 503")
    diagnose_pending(store)
    assert pin_examples(store) == 0
    assert len(store.query("retired", before_ns=2**63 - 1, spans=0)) == 9 - 4


# --- statistics -------------------------------------------------------------------------------------------------


@given(st.tuples(*[st.integers(0, 12)] * 4))
def test_fisher_is_the_hypergeometric_tail(table: tuple[int, int, int, int]) -> None:
    """As added up from the definition."""
    a, b, c, d = table
    row, column, total = a + b, a + c, a + b + c + d
    tail = sum(comb(row, k) * comb(total - row, column - k) for k in range(a, min(row, column) + 1) if column - k >= 0)

    assert fisher(a, b, c, d) == pytest.approx(tail / comb(total, column))


def test_fisher_of_many_runs_neither_overflows_nor_vanishes() -> None:
    """A hundred thousand runs are an ordinary input."""
    assert fisher(50_000, 50_000, 50_000, 50_000) == pytest.approx(0.5, abs=0.01)
    assert 0.0 <= fisher(50_000, 0, 0, 50_000) < 1e-300


def test_correction_for_many_tests() -> None:
    """As in Benjamini and Hochberg: never smaller than p, in the order of p, 1 at most."""
    assert corrected([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert corrected([0.9, 1.0]) == [1.0, 1.0]
    assert corrected([]) == []


# --- what changed -----------------------------------------------------------------------------------------------


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Runs as `read_runs` gives them, with what was not said filled in; they begin a minute apart."""
    usual = {"agent": "a", "version": "1", "models": ["m"], "tags": [], "environment": "production", "user_id": None}
    usual |= {"circumstances": [], "input_length": 100, "complete": True, "gaps": 0}
    named = {"name": pl.String, "value": pl.String}
    return pl.DataFrame(
        [
            {
                **usual,
                "run_id": str(number),
                "outcome": "failed" if row.get("incident") else "ok",
                "at_ns": NOW + number * 60 * 10**9,
                "incident": None,
                **row,
            }
            for number, row in enumerate(rows)
        ],
        schema_overrides={"circumstances": pl.List(pl.Struct(named)), "tags": pl.List(pl.String), "incident": pl.String, "user_id": pl.String},
        infer_schema_length=None,
    ).with_columns(at=pl.from_epoch(pl.col("at_ns"), time_unit="ns").dt.replace_time_zone("UTC"))  # fmt: skip


def test_what_separates_failing_from_passing_runs_is_named() -> None:
    """The tag that nine of ten failing and one of ten passing runs have is named with its counts, and what comes with it beside it."""
    with_it = {"tags": ["segment:pro"], "circumstances": [{"name": "prompt p", "value": "v2"}]}
    rows = [{"incident": "x"}] * 2 + [{"incident": "x", **with_it}] * 18 + [with_it] * 10 + [{}] * 90

    changed = what_changed(frame(rows))["x"]

    assert changed is not None
    (change,) = changed
    assert {f"{change.name} {change.value}", *change.also} == {"tag segment:pro", "prompt p v2"}
    assert (change.failed_with, change.passed_with, change.failed_without, change.passed_without) == (18, 10, 2, 90)
    assert change.lift == pytest.approx((18 / 28) / (2 / 92), rel=0.01)
    assert change.q < 1e-9


def test_too_few_runs_are_said_to_be_too_few() -> None:
    """Four failing runs prove nothing, whatever they share; nor do any without passing ones beside them."""
    assert what_changed(frame([{"incident": "x", "version": "2"}] * 4 + [{}] * 100)) == {"x": None}
    assert what_changed(frame([{"incident": "x", "version": "2"}] * 40)) == {"x": None}


def test_chance_separates_nothing() -> None:
    """In thirty fleets in which nothing has to do with the failures, next to nothing is said to separate them."""
    rng = Random(11)
    shown = 0
    for _ in range(30):
        rows = [
            {
                "incident": rng.choice(["x", "y"]) if rng.random() < 0.2 else None,
                "version": rng.choice("123"),
                "user_id": f"u{rng.randrange(30)}",
                "tags": rng.sample(["a", "b", "c", "d"], 2),
                "input_length": rng.randrange(1000),
            }
            for _ in range(300)
        ]
        shown += sum(len(changes or ()) for changes in what_changed(frame(rows)).values())

    assert shown <= 3


# --- alarms -----------------------------------------------------------------------------------------------------


def days(counts: list[int], **row: Any) -> list[dict[str, Any]]:
    """So many runs on each day, the last of them today."""
    return [
        {**row, "at_ns": NOW - (len(counts) - day) * DAY + (number + 1) * 60 * 10**9}
        for day, runs in enumerate(counts)
        for number in range(runs)
    ]


def kinds(rows: list[dict[str, Any]]) -> list[str]:
    """The kinds of the alarms that are raised over these runs today."""
    return [alarm.kind for alarm in alarms(frame(rows), DAY, NOW)]


def test_a_steady_fleet_raises_no_alarm() -> None:
    """The same causes at the same rates, day after day; nor does an empty store."""
    steady = days([100, 95, 110, 105, 90, 102, 98, 101]) + days([5, 4, 6, 5, 3, 5, 6, 6], incident="x")
    assert kinds(steady) == []
    assert alarms(frame([{}]).clear(), DAY, NOW) == []


def test_new_and_rising_causes_raise_an_alarm() -> None:
    """A cause that was never there and one that is five times as frequent; each names its runs and counts."""
    usual = days([100] * 8)
    assert kinds(usual + days([0] * 7 + [8], incident="x")) == ["new"]
    (alarm,) = alarms(frame(usual + days([4] * 7 + [25], incident="x")), DAY, NOW)
    assert (alarm.kind, alarm.now, alarm.of_now, alarm.before, alarm.of_before) == ("rising", 25, 125, 28, 728)
    assert alarm.text == "Incident `x` is rising (agent `a`): 25 of 125 runs, 28 of 728 before."
    assert len(alarm.run_ids) == 5


def test_a_rise_in_one_version_names_the_version() -> None:
    """Where one version and model of several rises, the alarm says which."""
    rows = days([60] * 8) + days([60] * 8, version="2") + days([2] * 7 + [25], version="2", incident="x")
    rows += days([2] * 8, incident="x")
    (alarm,) = alarms(frame(rows), DAY, NOW)
    assert (alarm.kind, alarm.version, alarm.model) == ("rising", "2", "m")


def test_silence_raises_an_alarm() -> None:
    """Traffic that falls to a tenth, and spans that stop arriving; a weekend as quiet as the last one does not."""
    assert kinds(days([100, 95, 110, 105, 90, 102, 98, 8])) == ["traffic"]
    assert kinds(days([100, 100, 12, 10, 100, 100, 100, 11])) == []
    assert kinds(days([100] * 7 + [60]) + days([1] * 7 + [40], complete=False)) == ["capture"]


def test_too_short_a_past_raises_nothing() -> None:
    """In the first days of a fleet everything is new, and nothing is an alarm."""
    assert kinds(days([10, 20]) + days([0, 8], incident="x")) == []
