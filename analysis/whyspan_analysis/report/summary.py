"""The executive summary: up to ten lines in plain words, each computed from the report it stands above, each with runs that show it."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from whyspan_analysis.fleet import COSTS
from whyspan_analysis.report.model import ComparedCause, Report, RunLine
from whyspan_analysis.report.wording import cost, count, dollars, duration, number, percent

LINES: Final = 10
RUNS: Final = 3
"""Runs a line names: a person opens one or two."""
_SIDES: Final = {
    "back": "Back after its fix",
    "new": "New",
    "worse": "Worse",
    "gone": "Gone",
    "better": "Better",
}
"""Verdict of a comparison -> how its line begins, in the order of the lines."""

Line: TypeAlias = tuple[str, list[str]]
"""A line and the ids of runs that show it."""


def summary(report: Report) -> list[Line]:
    """The lines, most important first."""
    return [line for part in (_outcomes, _causes, _changes, _used, _slowest, _limits) for line in part(report)][:LINES]


def _outcomes(report: Report) -> Iterator[Line]:
    totals = report.totals
    judged = totals.runs - totals.not_diagnosed
    if not totals.runs:
        yield "No run is stored for this report.", []
    elif not totals.failed:
        passed = f"{number(totals.ok)} ended ok and {number(totals.unknown)} could not be judged."
        yield f"None of {count(judged, 'run')} failed; {passed}", _ids(report.slowest)
    else:
        line = (
            f"{number(totals.failed)} of {count(judged, 'run')} failed ({percent(totals.failed / judged)}), "
            f"{number(totals.ok)} ended ok and {number(totals.unknown)} could not be judged."
        )
        yield line, [run_id for cause in report.causes[:RUNS] for run_id in _examples(report, cause.incident.id)[:1]]
    if totals.not_diagnosed:
        yield f"{count(totals.not_diagnosed, 'run')} still arriving: not judged yet.", totals.not_diagnosed_runs


def _causes(report: Report) -> Iterator[Line]:
    named = [cause for cause in report.causes if cause.detector is not None]
    failed = report.totals.failed
    if named and named[0].runs > 1:
        first = named[0]
        place = ", ".join(f"{what} `{name}`" for what, name in (("agent", first.agent), ("tool", first.tool)) if name)
        line = f"Most frequent cause: {_lower(first.title)}{f' ({place})' if place else ''}, in {number(first.runs)} of {number(failed)} failed runs"
        since = first.incident.introduced_in
        yield f"{line}{f', since version `{since.version}`' if since else ''}.", _examples(report, first.incident.id)
    elif len(named) > 1:
        shown = [run_id for cause in named for run_id in _examples(report, cause.incident.id)[:1]]
        yield f"No cause repeats: {len(named)} failed runs have {len(named)} different causes.", shown[:RUNS]
    if len(named) > 3 and named[0].runs > 1:
        share = sum(cause.runs for cause in named[:3]) / failed
        shown = [run_id for cause in named[1:3] for run_id in _examples(report, cause.incident.id)[:1]]
        yield f"The three most frequent of {len(named)} causes account for {percent(share)} of the failures.", shown
    if failed:
        grades = [
            f"{grade} in {number(report.totals.grades[grade])}"
            for grade in ("strong", "likely", "suspect")
            if report.totals.grades.get(grade)
        ]
        unnamed = failed - sum(cause.runs for cause in named)
        without = f"; {count(unnamed, 'failed run')} without a named cause" if unnamed else ""
        shown = [run_id for c in report.causes if c.detector is None for run_id in _examples(report, c.incident.id)[:1]]
        yield (
            f"How well the causes are supported: {', '.join(grades) or 'none is named'}{without}.",
            shown[:RUNS] or _examples(report, report.causes[0].incident.id),
        )


def _changes(report: Report) -> Iterator[Line]:
    """A line for what came back, one for what is new, and so on; nothing of a comparison that found nothing."""
    if report.comparison is None:
        return
    for verdict, words in _SIDES.items():
        causes = [cause for cause in report.comparison.causes if cause.verdict == verdict]
        if causes:
            shown = [run_id for cause in causes for run_id in _examples(report, cause.incident)[:1]][:RUNS]
            yield f"{words} {report.comparison.after.name}: {_listed(causes)}.", shown


def _listed(causes: list[ComparedCause]) -> str:
    told = [
        f"{_lower(cause.title)} ({cause.failed_before} of {count(cause.runs_before, 'run')} before, {cause.failed_after} of {cause.runs_after} now)"
        for cause in causes[:2]
    ]
    more = f"; and {len(causes) - 2} more" if len(causes) > 2 else ""
    return "; ".join(told) + more


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]


def _used(report: Report) -> Iterator[Line]:
    tokens = sum((spent.input_tokens or 0) + (spent.output_tokens or 0) for spent in report.agents)
    failed_tokens = sum(spent.failed_tokens or 0 for spent in report.agents)
    dearest = [run.run_id for run in report.dearest if run.outcome == "failed"][:RUNS]
    dearest = dearest or [run_id for cause in report.causes[:1] for run_id in _examples(report, cause.incident.id)]
    if tokens and failed_tokens:
        share = percent(failed_tokens / tokens)
        yield f"Failed runs used {number(failed_tokens)} of {number(tokens)} reported tokens ({share}).", dearest
    calls = [sum(getattr(spent, name) for spent in report.agents) for name in COSTS]
    costs = [spent.failed_cost for spent in report.agents if spent.failed_cost is not None]
    if costs:
        total = sum(spent.cost or 0.0 for spent in report.agents)
        yield f"Failed runs cost {dollars(sum(costs))} of {cost(total, *calls)}.", dearest
    elif report.totals.failed:
        known = f"{number(sum(calls[:2]))} of {count(sum(calls), 'model call')}"
        line = f"What the failures cost in money is unknown: {known} reported a cost or are of a model whose price is known, none of them in a failed run."
        yield line, dearest


def _slowest(report: Report) -> Iterator[Line]:
    if report.slowest:
        slowest = report.slowest[0]
        agent = f" (agent `{slowest.agent}`)" if slowest.agent else ""
        yield (
            f"The slowest run{agent} took {duration(slowest.duration_ms)} and ended {slowest.outcome}.",
            [slowest.run_id],
        )


def _limits(report: Report) -> Iterator[Line]:
    if report.totals.incomplete:
        line = f"{count(report.totals.incomplete, 'run')} incomplete: a span or its parent never arrived, so less can be said."
        yield line, report.totals.incomplete_runs


def _examples(report: Report, incident: str) -> list[str]:
    found = (cause.incident.examples for cause in report.causes if cause.incident.id == incident)
    return [run.run_id for run in next(found, [])][:RUNS]


def _ids(runs: Iterable[RunLine]) -> list[str]:
    return [run.run_id for run in runs][:RUNS]
