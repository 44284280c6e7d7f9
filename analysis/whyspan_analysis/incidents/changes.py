"""What changed: the circumstances whose presence separates the runs an incident happened in from those that passed.

Every circumstance of the runs of the agents concerned is tested (Fisher, one-sided) and all tests of a document are corrected
together (Benjamini-Hochberg). It separates; that it is the reason is for a person to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from whyspan_analysis.incidents.model import Change
from whyspan_analysis.incidents.statistics import corrected, fisher

FEWEST: Final = 5
"""Failing and passing runs below which nothing is said: the smallest p of 4 against 4 is 0.014, and many are tested."""
SUPPORT: Final = 3
"""Failing runs that must share a circumstance for it to be tested."""
SURE: Final = 0.05
"""The largest q of what is shown: one in twenty of all that is shown may be chance."""
LIFT: Final = 1.5
"""How much more often runs with the circumstance must fail of it: with many runs the smallest difference is significant."""
MOST: Final = 5
"""Shown per incident."""
_HOURS: Final = 6
_QUARTERS: Final = ("shortest quarter", "second quarter", "third quarter", "longest quarter")


@dataclass(frozen=True, slots=True)
class _Tested:
    incident: str
    row: Mapping[str, Any]
    failing: int
    passing: int
    p: float


def what_changed(runs: pl.DataFrame) -> dict[str, list[Change] | None]:
    """Incident -> what separates its runs, most significant first; None where there are too few runs to say anything.

    `runs` is what `read_runs` gives: the runs of a period.
    """
    judged = runs.filter((pl.col("outcome") == "ok") | pl.col("incident").is_not_null())
    of_agents = circumstances(judged).partition_by("agent", as_dict=True)
    found: dict[str, list[Change] | None] = {}
    tested: list[_Tested] = []
    for (incident,), members in (
        judged.filter(pl.col("incident").is_not_null()).partition_by("incident", as_dict=True).items()
    ):
        agents = members["agent"].unique(maintain_order=True).to_list()
        among = judged.filter(pl.col("agent").is_in(agents, nulls_equal=True))
        passing = among.filter(pl.col("outcome") == "ok").height
        found[str(incident)] = None
        if min(members.height, passing) >= FEWEST:
            found[str(incident)] = []
            long = pl.concat([of_agents[agent,] for agent in agents if (agent,) in of_agents])
            tested += _test(str(incident), long, members.height, passing)
    _keep(found, tested)
    return found


def circumstances(runs: pl.DataFrame) -> pl.DataFrame:
    """One row per run and circumstance: run_id, agent, incident, outcome, name, value."""
    ids = ["run_id", "agent", "incident", "outcome"]
    known = pl.col("at").dt.hour() // _HOURS * _HOURS
    hours = pl.format("{}:00 to {}:00 UTC", known, known + _HOURS)
    quarters = (pl.col("input_length").rank("max").over("agent") * 4 - 1).floordiv(
        pl.col("input_length").count().over("agent")
    )
    quarter = quarters.clip(0, 3).replace_strict(dict(enumerate(_QUARTERS)), return_dtype=pl.String)
    single = {"version": "version", "environment": "environment", "user": "user_id"}
    parts = [runs.select(*ids, name=pl.lit(name), value=pl.col(column)) for name, column in single.items()] + [
        runs.select(*ids, name=pl.lit("started at"), value=hours),
        runs.select(*ids, name=pl.lit("input length"), value=quarter),
        runs.select(*ids, name=pl.lit("model"), value="models").explode("value"),
        runs.select(*ids, name=pl.lit("tag"), value="tags").explode("value"),
        runs.select(*ids, "circumstances").explode("circumstances").drop_nulls("circumstances").unnest("circumstances"),
    ]
    return pl.concat(parts).drop_nulls("value")


def _test(incident: str, long: pl.DataFrame, failing: int, passing: int) -> Iterator[_Tested]:
    counts = (
        long.filter((pl.col("incident") == incident) | (pl.col("outcome") == "ok"))
        .group_by("name", "value")
        .agg(failed=(pl.col("incident") == incident).sum(), passed=(pl.col("outcome") == "ok").sum())
        .filter(pl.col("failed") >= SUPPORT, pl.col("failed") + pl.col("passed") < failing + passing)
        .sort("name", "value")
    )
    for row in counts.to_dicts():
        p = fisher(row["failed"], failing - row["failed"], row["passed"], passing - row["passed"])
        yield _Tested(incident, row, failing, passing, p)


def _keep(found: dict[str, list[Change] | None], tested: list[_Tested]) -> None:
    """Adds what is significant; circumstances that always come together are one change with several names."""
    q_values = corrected([each.p for each in tested])
    for test, q in sorted(zip(tested, q_values, strict=True), key=lambda pair: (pair[1], pair[0].p)):
        failed, passed = test.row["failed"], test.row["passed"]
        rest_failed, rest_passed = test.failing - failed, test.passing - passed
        share, rest = failed / (failed + passed), rest_failed / max(rest_failed + rest_passed, 1)
        changes = found[test.incident]
        if q > SURE or share < LIFT * rest or changes is None:
            continue
        named = f"{test.row['name']} {test.row['value']}"
        same = next((c for c in changes if (c.failed_with, c.passed_with) == (failed, passed)), None)
        if same is not None:
            same.also.append(named)
        elif len(changes) < MOST:
            changes.append(
                Change(
                    name=test.row["name"],
                    value=test.row["value"],
                    also=[],
                    failed_with=failed,
                    passed_with=passed,
                    failed_without=rest_failed,
                    passed_without=rest_passed,
                    lift=round(share / rest, 2) if rest else None,
                    q=q,
                )
            )
