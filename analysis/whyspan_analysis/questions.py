"""The questions others may ask of what is stored, read-only: coding agents over MCP, programs over HTTP.

Each is a method that gives a JSON object; every claim in it cites span ids, and `span` shows what stands there.
"""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, Field

from whyspan_analysis.batch import diagnose_run
from whyspan_analysis.compare import compare
from whyspan_analysis.compare.document import ComparisonDocument, comparison_document
from whyspan_analysis.compare.siblings import nearest_passing
from whyspan_analysis.fields import text
from whyspan_analysis.incidents.build import build, read_period
from whyspan_analysis.incidents.model import Incident, IncidentsDocument
from whyspan_analysis.load import load_run
from whyspan_analysis.output.diagnosis import DiagnosisDocument, diagnosis_document
from whyspan_analysis.output.runs import RunsDocument, runs_document
from whyspan_collector.filter import moment_ns
from whyspan_collector.service import AnyStore

Answer: TypeAlias = dict[str, Any]
Opened: TypeAlias = Callable[[], AbstractContextManager[AnyStore]]
"""Opens the store for a `with` block."""

_SHOWN: Final = 3
"""Hypotheses of a diagnosis that is not asked for whole: a fix is looked for in the first."""
_LONGEST: Final = 20_000
"""Characters of one field of a span: a model's window is not for one conversation."""

Run = Annotated[str, Field(description="Any unique beginning of a run id, a trace id, or the agent's own run id.")]
Since = Annotated[
    str, Field(description="Only runs that started since then: 90m, 24h, 7d or an ISO 8601 date. Empty for all.")
]
Filter = Annotated[str, Field(description="Only runs this holds for, such as `status:failed agent:support* tool:refund`. Empty for all.")]  # fmt: skip
Limit = Annotated[int, Field(ge=1, le=500, description="At most so many.")]


class Hit(BaseModel):
    """Where a text was found."""

    run_id: str
    span_id: str
    place: str
    text: str


class Hits(BaseModel):
    """Where texts were found."""

    hits: list[Hit]


class SpanContent(BaseModel):
    """What a span carried; a field that was not captured is left out, one that is too long is cut."""

    run_id: str
    span_id: str
    name: str
    kind: str
    agent: str | None
    tool: str | None
    status: str
    error: str | None
    duration_ms: float
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions to one store, which each of them opens and lets go of: a collector may come and go."""

    opened: Opened

    def runs(self, filter: Filter = "", since: Since = "", limit: Limit = 20) -> Answer:  # noqa: A002 - what it is called
        """List runs, the newest first: how each ended, and in one line why a failed one failed."""
        with self.opened() as store:
            rows = store.query("runs", filter=filter, since_ns=_since(since), limit=limit).to_pylist()
        return _plain(runs_document(rows))

    def why(
        self,
        run: Run,
        whole: Annotated[
            bool, Field(description="With all hypotheses, findings and decisions, which may be long.")
        ] = False,
    ) -> Answer:
        """Say why a run ended as it did: verdict, grade, the causal chain with quotes from spans, rivals, what was not captured."""
        with self.opened() as store:
            document = _diagnosis(store, _resolve(store, run))
        if whole:
            return document
        left_out = {name: len(document.pop(name)) for name in ("findings", "decisions")}
        document["hypotheses"] = document["hypotheses"][:_SHOWN]
        return document | {"left_out": left_out}

    def compare(
        self,
        run: Run,
        other: Annotated[str, Field(description="Another run; empty for the most alike passing one.")] = "",
    ) -> Answer:
        """Hold a run beside another: where they parted, and the first difference the outcome can depend on."""
        with self.opened() as store:
            here, because = load_run(store, _resolve(store, run)), None
            if other:
                there = load_run(store, _resolve(store, other))
            else:
                sibling = nearest_passing(store, here)
                if sibling is None:
                    raise LookupError("this agent has no other run that passed; name one as `other`")
                there, because = sibling.run, sibling.because
        return _plain(comparison_document(compare(here, there), because))

    def incidents(self, filter: Filter = "", since: Since = "", limit: Limit = 20) -> Answer:  # noqa: A002
        """List what fails, most runs first: since when, in which version it came in, what separates its runs, example runs."""
        with self.opened() as store:
            document = build(read_period(store, _since(since), filter_text=filter))
        return _plain(document.model_copy(update={"incidents": document.incidents[:limit]}))

    def incident(self, incident: Annotated[str, Field(description="Any unique beginning of its id.")]) -> Answer:
        """Say everything about one incident: the signature's parts, versions, what changed, cost, trend, notes, example runs."""
        with self.opened() as store:
            found = [each for each in build(read_period(store)).incidents if each.id.startswith(incident)]
        if len(found) != 1:
            raise LookupError(f"{incident!r} is the beginning of {len(found)} incidents, not of one")
        return _plain(found[0])

    def search(
        self,
        words: Annotated[str, Field(description="Words, all of which must occur; `refund*` for beginnings.")],
        limit: Limit = 20,
    ) -> Answer:
        """Find texts in messages, tool arguments and results, names and rationale: the run, the span and the words around."""
        wanted = " ".join(f'text:"{word}"' if '"' not in word else "" for word in words.split())
        with self.opened() as store:
            run_ids = store.query("runs", filter=wanted, limit=limit)["run_id"].to_pylist()
            found = store.excerpts(wanted, run_ids)[:limit]
        return _plain(
            Hits(
                hits=[
                    Hit(run_id=e.run_id, span_id=e.span_id, place=e.place, text=e.before + e.hit + e.after)
                    for e in found
                ]
            )
        )

    def span(self, run: Run, span_id: Annotated[str, Field(description="16 hex digits, as cited.")]) -> Answer:
        """Show what a span carried: messages, arguments, result, error; what a citation refers to."""
        with self.opened() as store:
            loaded = load_run(store, _resolve(store, run))
        if span_id not in loaded.order:
            raise LookupError(f"the run {loaded.run_id} has no span {span_id!r}")
        span, content = loaded.span(span_id), loaded.contents[span_id]
        named = {name: getattr(content, name) for name in ("input_messages", "output_messages", "arguments", "result", "input", "output", "decision", "outcomes")}  # fmt: skip
        return _plain(
            SpanContent(
                run_id=loaded.run_id,
                span_id=span_id,
                name=span.name,
                kind=span.kind.value,
                agent=span.agent,
                tool=span.tool,
                status=span.status,
                error=span.error_message or span.status_message,
                duration_ms=max(0, span.end_ns - span.start_ns) / 1e6,
                fields={name: _cut(text(value)) for name, value in named.items() if value not in (None, [])},
            )
        )


@dataclass(frozen=True, slots=True)
class Question:
    """How a question is asked over HTTP, and what its answer looks like."""

    path: str
    ask: Callable[..., Answer]
    answer: type[BaseModel]


def questions(opened: Opened) -> list[Question]:
    """All of them, to one store."""
    asked = Questions(opened)
    return [
        Question("/runs", asked.runs, RunsDocument),
        Question("/runs/{run}/why", asked.why, DiagnosisDocument),
        Question("/runs/{run}/compare", asked.compare, ComparisonDocument),
        Question("/runs/{run}/spans/{span_id}", asked.span, SpanContent),
        Question("/incidents", asked.incidents, IncidentsDocument),
        Question("/incidents/{incident}", asked.incident, Incident),
        Question("/search", asked.search, Hits),
    ]


def _since(since: str) -> int | None:

    return moment_ns(since, time.time_ns()) if since else None


def _resolve(store: AnyStore, reference: str) -> str:
    found = store.query("resolve_run", reference=reference)["run_id"].to_pylist()
    if len(found) != 1:
        means = f"means {len(found)} runs: {', '.join(found[:5])}" if found else "means no run"
        raise LookupError(f"{reference!r} {means}")
    return str(found[0])


def _diagnosis(store: AnyStore, run_id: str) -> Answer:
    """The stored one, or one made here where the run has none of its present state."""
    for row in store.query("documents", run_ids=[run_id]).to_pylist():
        return dict(json.loads(row["document"]))
    return _plain(diagnosis_document(diagnose_run(store, run_id)))


def _plain(document: BaseModel) -> Answer:
    return document.model_dump(mode="json", by_alias=True)


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}… ({len(words):,} characters)"
