"""The batch report: what failed over many runs, why, what it cost and what could not be judged.

Built once (`build`), rendered by `html`, `markdown` or as its own JSON (`whyspan.report/1`).
`python -m whyspan_analysis.report.model` writes its JSON Schema to docs/schemas.
"""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from whyspan_analysis.incidents.model import Incident
from whyspan_analysis.output.run import ChangeDocument


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Quote(_Record):
    """Evidence: a place in the trace and what stands there."""

    span_id: str
    field: str | None
    quote: str | None


class Sentence(_Record):
    """One sentence of a causal chain, with its class of knowledge."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    text: str
    source: Literal["recorded", "derived", "inferred"] = Field(alias="class")
    refs: list[Quote]


class Example(_Record):
    """A run that stands for a cause."""

    run_id: str
    agent: str | None
    started_at: str | None
    """RFC 3339; None when the clock of the run cannot be trusted."""
    verdict: str | None
    grade: str
    check: str
    """The check that says the run failed."""
    chain: list[Sentence]
    changed_outside: list[ChangeDocument]
    """What the run did to the world, in order."""
    url: str | None
    """The run in the dashboard, when one was running."""


class ProposedRule(_Record):
    """The best rule against an incident as far as stored runs tell; only `text` where there is none."""

    text: str
    """In a sentence, with what it would have done; or that there is none, and why."""
    rule_id: str | None = None
    run_id: str | None = None
    """The run it was made from."""
    measured_on: int | None = None
    """Runs of the agents concerned, the newest."""
    stopped: str | None = None
    """Failures it would have stopped in time, of those in which it had something to look at."""
    stopped_interval: tuple[float, float] | None = None
    """95 % (Wilson)."""
    hit: str | None = None
    """Likewise the good runs it would have hit."""
    hit_interval: tuple[float, float] | None = None


class Cause(_Record):
    """Failed runs with one cause: an incident."""

    incident: Incident
    """All that is known of it, with its trend, cost, versions and what changed."""

    detector: str | None
    """None where a run failed and no cause was found."""
    title: str
    agent: str | None
    tool: str | None
    runs: int
    share: float
    """Of the failed runs, 0 to 1."""
    grades: dict[str, int]
    """Grade -> runs."""
    first_seen: str | None
    last_seen: str | None
    examples: list[Example]
    proposed: ProposedRule | None
    """None for causes beyond the most frequent, where none was looked for."""


class Period(_Record):
    """How the runs that started in one period ended."""

    start: str
    """RFC 3339."""
    failed: int
    unknown: int
    ok: int


class Spending(_Record):
    """What the runs of one agent, or the calls of one model, used. A sum covers the runs or calls that reported it."""

    name: str | None
    runs: int
    failed: int
    input_tokens: int | None
    output_tokens: int | None
    failed_tokens: int | None
    """Input and output tokens of the failed runs among them."""
    cost: float | None
    """US dollars of the calls whose cost is known; None where none is, which is not the same as free."""
    failed_cost: float | None
    costs_recorded: int
    """Model calls whose cost the instrumentation reported."""
    costs_derived: int
    """Model calls whose cost is their tokens times the list price."""
    costs_unknown: int
    median_ms: float | None
    p95_ms: float | None


class RunLine(_Record):
    """One run in a table."""

    run_id: str
    agent: str | None
    started_at: str | None
    outcome: str
    verdict: str | None
    duration_ms: float | None
    tokens: int | None
    cost: float | None
    costs_recorded: int
    costs_derived: int
    costs_unknown: int
    url: str | None


class Step(_Record):
    """One decision or model call in a table."""

    run_id: str
    span_id: str
    name: str
    agent: str | None
    model: str | None
    duration_ms: float
    tokens: int | None
    cost: float | None
    """US dollars as the instrumentation reported them; None where it reported none."""
    url: str | None
    """Of the run."""


class Side(_Record):
    """One side of a comparison."""

    name: str
    runs: int
    """Diagnosed runs."""
    failed: int
    cost_of_failed: float | None


class ComparedCause(_Record):
    """One incident on both sides; runs are those of the agents concerned."""

    incident: str
    title: str
    verdict: Literal["new", "back", "worse", "better", "gone", "steady", "too few runs"]
    """`back` came again after somebody had called it fixed; `gone` no longer happens; `new` never happened before."""
    failed_before: int
    runs_before: int
    failed_after: int
    runs_after: int
    q: float
    """Fisher's exact test of both directions, corrected for all causes compared."""


class Comparison(_Record):
    """Two periods or two versions, side by side."""

    before: Side
    after: Side
    causes: list[ComparedCause]


class Link(_Record):
    """A run a sentence speaks of."""

    run_id: str
    url: str | None


class Gap(_Record):
    """Something that was not captured, and what it keeps us from saying."""

    text: str
    runs: int


class Totals(_Record):
    """The report in numbers."""

    runs: int
    failed: int
    ok: int
    unknown: int
    not_diagnosed: int
    """Runs still arriving: counted in `runs`, in no outcome."""
    incomplete: int
    """Runs with a missing parent or a pending span."""
    not_diagnosed_runs: list[str]
    """Ids of the newest of them, up to three; likewise:"""
    incomplete_runs: list[str]
    spans: int
    grades: dict[str, int]
    """Grade -> failed runs."""
    checks: dict[str, int]
    """The check that decided the outcome -> runs."""


class Report(_Record):
    """The whole report; every list is in the order it is shown."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    document: Literal["whyspan.report/1"] = Field(default="whyspan.report/1", alias="schema")
    generated_at: str
    since: str | None
    """Only runs that started at or after this RFC 3339 time; None for all."""
    filter: str | None
    """Only runs this filter holds for (docs/filter.md); None for all."""
    first_run_at: str | None
    last_run_at: str | None
    summary: list[str]
    """Up to ten lines for someone with one minute."""
    summary_runs: list[list[Link]]
    """For each of these lines, runs that show it."""
    comparison: Comparison | None
    """With the period before, or of two versions; None where there is nothing to compare."""
    judged_by_people: dict[str, int]
    """What people said of the diagnoses, `right` or `wrong` -> runs; of one person the last word counts."""
    totals: Totals
    causes: list[Cause]
    periods: list[Period]
    period: str
    """Length of one period in words: `hour`, `day`, ..."""
    agents: list[Spending]
    models: list[Spending]
    slowest: list[RunLine]
    dearest: list[RunLine]
    slowest_steps: list[Step]
    dearest_steps: list[Step]
    gaps: list[Gap]
    unjudged: list[Gap]
    """Why runs have the outcome unknown."""


def schema() -> str:
    """The JSON Schema of `whyspan.report/1`, as the text of `docs/schemas/report.schema.json`."""
    document = Report.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/report.schema.json").write_text(schema(), encoding="utf-8")
