"""The executive summary: up to ten lines in plain words, each computed from the report it stands above."""

from collections.abc import Iterator

from whyspan_analysis.fleet import COSTS
from whyspan_analysis.report.model import Report
from whyspan_analysis.report.wording import cost, count, dollars, duration, number, percent, when

LINES = 10
_PAST = 4
"""Periods with runs before something can be called new."""


def summary(report: Report) -> list[str]:
    """The lines, most important first."""
    return [line for part in (_outcomes, _causes, _newest, _used, _slowest, _limits) for line in part(report)][:LINES]


def _outcomes(report: Report) -> Iterator[str]:
    totals = report.totals
    judged = totals.runs - totals.not_diagnosed
    if not totals.runs:
        yield "No run is stored for this report."
    elif not totals.failed:
        yield f"None of {count(judged, 'run')} failed; {number(totals.ok)} ended ok and {number(totals.unknown)} could not be judged."
    else:
        yield (
            f"{number(totals.failed)} of {count(judged, 'run')} failed ({percent(totals.failed / judged)}), "
            f"{number(totals.ok)} ended ok and {number(totals.unknown)} could not be judged."
        )
    if totals.not_diagnosed:
        yield f"{count(totals.not_diagnosed, 'run')} still arriving: not judged yet."


def _causes(report: Report) -> Iterator[str]:
    named = [cause for cause in report.causes if cause.detector is not None]
    failed = report.totals.failed
    if named and named[0].runs > 1:
        first = named[0]
        place = ", ".join(f"{what} `{name}`" for what, name in (("agent", first.agent), ("tool", first.tool)) if name)
        yield f"Most frequent cause: {_lower(first.title)}{f' ({place})' if place else ''}, in {number(first.runs)} of {number(failed)} failed runs."
    elif len(named) > 1:
        yield f"No cause repeats: {len(named)} failed runs have {len(named)} different causes."
    if len(named) > 3 and named[0].runs > 1:
        share = sum(cause.runs for cause in named[:3]) / failed
        yield f"The three most frequent of {len(named)} causes account for {percent(share)} of the failures."
    if failed:
        grades = [
            f"{grade} in {number(report.totals.grades[grade])}"
            for grade in ("strong", "likely", "suspect")
            if report.totals.grades.get(grade)
        ]
        unnamed = failed - sum(cause.runs for cause in named)
        without = f"; {count(unnamed, 'failed run')} without a named cause" if unnamed else ""
        yield f"How well the causes are supported: {', '.join(grades) or 'none is named'}{without}."


def _newest(report: Report) -> Iterator[str]:
    """A cause first seen in the latest period is news, once there is a past to compare with."""
    if len(report.periods) < _PAST:
        return
    for cause in report.causes:
        if cause.detector is not None and cause.first_seen and cause.first_seen >= report.periods[-1].start:
            yield f"New in the last {report.period}: {_lower(cause.title)}, first seen {when(cause.first_seen)}."
            return


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]


def _used(report: Report) -> Iterator[str]:
    tokens = sum((spent.input_tokens or 0) + (spent.output_tokens or 0) for spent in report.agents)
    failed_tokens = sum(spent.failed_tokens or 0 for spent in report.agents)
    if tokens and failed_tokens:
        yield f"Failed runs used {number(failed_tokens)} of {number(tokens)} reported tokens ({percent(failed_tokens / tokens)})."
    calls = [sum(getattr(spent, name) for spent in report.agents) for name in COSTS]
    costs = [spent.failed_cost for spent in report.agents if spent.failed_cost is not None]
    if costs:
        total = sum(spent.cost or 0.0 for spent in report.agents)
        yield f"Failed runs cost {dollars(sum(costs))} of {cost(total, *calls)}."
    elif report.totals.failed:
        known = f"{number(sum(calls[:2]))} of {count(sum(calls), 'model call')}"
        yield f"What the failures cost in money is unknown: {known} reported a cost or are of a model whose price is known, none of them in a failed run."


def _slowest(report: Report) -> Iterator[str]:
    if report.slowest:
        slowest = report.slowest[0]
        yield f"The slowest run{f' (agent `{slowest.agent}`)' if slowest.agent else ''} took {duration(slowest.duration_ms)} and ended {slowest.outcome}."


def _limits(report: Report) -> Iterator[str]:
    if report.totals.incomplete:
        yield f"{count(report.totals.incomplete, 'run')} incomplete: a span or its parent never arrived, so less can be said about them."
