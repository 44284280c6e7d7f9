"""Alarms: what is not as it was. New causes, rising ones, and what goes missing without a word: traffic, and what is captured.

Quiet by design: the latest window is held beside the week before it, within one version and model where they have a past, and
all tests of a window are corrected together. How often a window without a change raises one is measured: docs/benchmarks.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final, Literal

import polars as pl

from whyspan_analysis.incidents.ledger import read_ledger
from whyspan_analysis.incidents.model import Alarm
from whyspan_analysis.incidents.runs import read_runs
from whyspan_analysis.incidents.statistics import corrected, fisher
from whyspan_collector.service import AnyStore

SURE: Final = 0.01
"""The largest q, of all tests of a window together."""
DAY_NS: Final = 86_400 * 10**9
WINDOWS: Final = 7
"""Windows before the latest one it is held beside: a week of days, so that a weekend is nothing new."""
PAST: Final = 30
"""Runs there must have been before for their rate to count; 0 of 30 leaves a rate of up to a tenth possible."""
NEW: Final = 3
"""Runs that make a new cause worth an alarm: one may be an oddity."""
RISEN: Final = 5
"""Runs in the window that make a rise worth an alarm."""
LIFT: Final = 2.0
"""A rise to less than twice the rate is for the report."""
GONE: Final = 0.25
"""Traffic of at least a quarter of the usual is no drop."""
DEVIATIONS: Final = 3.0
"""Standard deviations below the mean at which traffic is a drop, as well: where it varies, a quarter may be an ordinary day."""
BUSY: Final = 20
"""Runs a window usually has at least, where its traffic is watched."""
WORSE_CAPTURE: Final = 0.1
"""By how much the share of runs with something missing must grow."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Runs that are held beside each other, now and before."""

    of: dict[str, Any]
    """What they have in common: the agent; its version and model as well."""
    now: pl.DataFrame
    before: pl.DataFrame

    def within(self, **values: str | None) -> "_Stratum":
        """Those that have more in common."""
        return _Stratum(self.of | values, _of(self.now, **values), _of(self.before, **values))


@dataclass(frozen=True, slots=True)
class _Test:
    p: float
    alarm: Alarm


def read_alarms(store: AnyStore, now_ns: int, window_ns: int = DAY_NS) -> list[Alarm]:
    """What is not as it was in the last `window_ns` before `now_ns`, by our clock."""
    since_ns = max(0, now_ns - (WINDOWS + 1) * window_ns)
    return alarms(read_runs(store, read_ledger(store), since_ns=since_ns, until_ns=now_ns), window_ns, now_ns)


def alarms(runs: pl.DataFrame, window_ns: int, until_ns: int | None = None) -> list[Alarm]:
    """What is not as it was in the last `window_ns` before `until_ns` (the latest run's start where it is None).

    `runs` is what `read_runs` gives, of this window and of `WINDOWS` windows before it; earlier runs are not looked at.
    """
    at = pl.col("at_ns").cast(pl.Int64, strict=False)
    if not runs.height:
        return []
    end = int(runs.select(at.max()).item()) + 1 if until_ns is None else until_ns
    ago = (end - 1 - at) // window_ns
    seen = runs.with_columns(ago=ago, model=pl.col("models").list.sort().list.join(", ")).filter(
        pl.col("ago").is_between(0, WINDOWS)
    )
    now, before = seen.filter(pl.col("ago") == 0), seen.filter(pl.col("ago") > 0)
    strata = [
        _Stratum({"agent": agent}, runs_now, _of(before, agent=agent))
        for (agent,), runs_now in now.sort("agent", nulls_last=True).partition_by("agent", as_dict=True).items()
    ]
    tests = [
        test for stratum in strata if stratum.before.height >= PAST for test in (*_causes(stratum), *_capture(stratum))
    ]
    q_values = corrected([test.p for test in tests])
    sure = [test.alarm.model_copy(update={"q": q}) for test, q in zip(tests, q_values, strict=True) if q <= SURE]
    sure.sort(key=lambda alarm: (alarm.q, alarm.text))
    firsts = {(alarm.kind, alarm.incident, alarm.agent): alarm for alarm in reversed(sure)}
    return [*_traffic(seen), *(alarm for alarm in sure if alarm in firsts.values())]


def _causes(stratum: _Stratum) -> Iterator[_Test]:
    """A cause that was never there; or one that is more frequent, in all runs of the agent or in a version and model of it."""
    failed = stratum.now.filter(pl.col("incident").is_not_null())
    for incident in failed["incident"].unique().sort():
        members = _of(stratum.now, incident=incident)
        if not _of(stratum.before, incident=incident).height:
            if members.height >= NEW:
                yield _cause("new", incident, stratum)
            continue
        within = [
            stratum.within(version=version, model=model)
            for version, model in members.select("version", "model").unique().sort("version", "model").iter_rows()
        ]
        large = (each for each in within if each.now.height >= PAST and each.before.height >= PAST)
        for each in (stratum, *large):
            if _of(each.now, incident=incident).height >= RISEN:
                yield _cause("rising", incident, each)


def _cause(kind: Literal["new", "rising"], incident: str, stratum: _Stratum) -> _Test:
    now, before = stratum.now, stratum.before
    members, earlier = _of(now, incident=incident), _of(before, incident=incident).height
    failed = members.height
    where = ", ".join(f"{name} `{value}`" for name, value in stratum.of.items() if value)
    text = (
        f"Incident `{incident}` is {kind}{f' ({where})' if where else ''}: {failed} of {now.height} runs, "
        f"{earlier} of {before.height} before."
    )
    p = fisher(failed, now.height - failed, earlier, before.height - earlier)
    counted: dict[str, Any] = {"now": failed, "of_now": now.height, "before": earlier, "of_before": before.height}
    alarm = Alarm(kind=kind, text=text, incident=incident, q=None, run_ids=_latest(members), **counted, **stratum.of)
    return _Test(p if failed / now.height >= LIFT * earlier / before.height else 1.0, alarm)


def _capture(stratum: _Stratum) -> Iterator[_Test]:
    """More runs than before lack something that was captured until then."""
    now, before = stratum.now, stratum.before
    lacking, lacked = _lacking(now), _lacking(before).height
    if lacking.height / now.height - lacked / before.height < WORSE_CAPTURE:
        return
    text = (
        f"Less is captured{_whose(stratum.of['agent'])}: something is missing in {lacking.height} of {now.height} runs, "
        f"in {lacked} of {before.height} before."
    )
    counted: dict[str, Any] = {
        "now": lacking.height,
        "of_now": now.height,
        "before": lacked,
        "of_before": before.height,
    }
    p = fisher(lacking.height, now.height - lacking.height, lacked, before.height - lacked)
    yield _Test(p, Alarm(kind="capture", text=text, q=None, run_ids=_latest(lacking), **counted, **stratum.of))


def _whose(agent: str | None) -> str:
    return f" of agent `{agent}`" if agent else ""


def _lacking(runs: pl.DataFrame) -> pl.DataFrame:
    return runs.filter(~pl.col("complete") | (pl.col("gaps") > 0))


def _traffic(seen: pl.DataFrame) -> Iterator[Alarm]:
    """Far fewer runs than in any of the windows before would be chance."""
    for (agent,), runs in (
        seen.sort("agent", nulls_last=True).partition_by("agent", as_dict=True, maintain_order=True).items()
    ):
        counts = [runs.filter(pl.col("ago") == ago).height for ago in range(WINDOWS + 1)]
        now, past = counts[0], counts[1:]
        mean = sum(past) / WINDOWS
        spread = max(mean, sum((count - mean) ** 2 for count in past) / (WINDOWS - 1))  # Poisson at least
        if min(past) == 0 or mean < BUSY or now >= GONE * mean:
            continue
        if (now - mean) / sqrt(spread * (1 + 1 / WINDOWS)) <= -DEVIATIONS:
            text = (
                f"Less traffic{_whose(agent)}: {now} runs; it was {min(past)} to {max(past)} in each of the {WINDOWS} "
                "periods before."
            )
            latest = _latest(_of(runs, ago=0))
            counted: dict[str, Any] = {"now": now, "of_now": None, "before": round(mean), "of_before": None}
            yield Alarm(kind="traffic", text=text, agent=agent, q=None, run_ids=latest, **counted)


def _of(runs: pl.DataFrame, **values: Any) -> pl.DataFrame:
    return runs.filter(*(pl.col(name).eq_missing(pl.lit(value)) for name, value in values.items()))


def _latest(runs: pl.DataFrame) -> list[str]:
    return runs.sort("at_ns", descending=True)["run_id"].head(_SHOWN).to_list()
