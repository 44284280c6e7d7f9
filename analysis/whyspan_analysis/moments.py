"""What a run did, in moments that can be held beside those of another run: decisions, model calls and tool calls.

Ids of calls, times and tokens differ in every run and are left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, TypeAlias

from whyspan.rules.results import is_empty
from whyspan_analysis.case import Case
from whyspan_analysis.decisions import ANSWER
from whyspan_analysis.lineage import END
from whyspan_analysis.steps import Action, Call, canonical
from whyspan_analysis.values import leaves, of_scalar

MomentKind: TypeAlias = Literal["decision", "model call", "tool"]


class Part(NamedTuple):
    """One thing of a moment that another run may have otherwise."""

    name: str
    """In words: `result`, ``arguments of `refund` ``, `answer`."""
    span_id: str
    path: str
    value: Any
    facets: dict[str, Any]
    """Path below the part -> what must be equal there: the values themselves, or of other tasks what kind of values."""


@dataclass(frozen=True)
class Moment:
    """One decision, model call or tool call."""

    kind: MomentKind
    span_id: str
    agent: str | None
    name: str
    """The question decided, the tools asked for, the tool called."""
    order: int
    """Position in `Run.spans` at which it was done: of a hand-off, that of the last thing inside it."""
    parts: tuple[Part, ...]
    actions: tuple[Action, ...] = ()
    """The tool call itself, or those the model call asked for."""

    @cached_property
    def digest(self) -> str:
        """Equal for moments in which nothing differs."""
        facets = [(part.name, part.facets) for part in self.parts]
        written = json.dumps([self.kind, self.agent, self.name, facets], sort_keys=True, default=str)
        return blake2b(written.encode("utf-8", "replace"), digest_size=12).hexdigest()

    @property
    def changes(self) -> bool:
        """True when it changed something outside the run, or asked for it."""
        return any(action.changes for action in self.actions)

    @cached_property
    def failed(self) -> bool:
        """True when an error came of it."""
        return any(part.name == "error" for part in self.parts)

    @property
    def answers(self) -> bool:
        """True for a model call that asked for no tool."""
        return self.kind == "model call" and self.name == ANSWER


def read_moments(case: Case, *, same_task: bool) -> list[Moment]:
    """The moments of a run in causal order.

    Args:
        case: the run.
        same_task: whether the other run had the same task. Otherwise its values are others in any case, and what is held
            beside each other is where a value came from, and whether a tool gave anything.
    """
    found = [*_decisions(case), *_model_calls(case, same_task=same_task), *_tools(case, same_task=same_task)]
    return sorted(found, key=lambda moment: (moment.order, -case.run.order[moment.span_id], moment.kind))


def repeated(case: Case) -> set[int]:
    """The ids of failed look-ups and of the later ones, with the same arguments, that came back."""
    found: set[int] = set()
    failed: dict[tuple[str, str], list[Action]] = {}
    for action in case.actions:
        asked = failed.setdefault((action.name, canonical(action.arguments)), [])
        if action.error is not None:
            asked.append(action)
        elif asked and not action.changes:
            found.update(map(id, (*asked, action)))
            asked.clear()
    return found


def _decisions(case: Case) -> Iterator[Moment]:
    for node in case.decisions:
        if node.source == "recorded":
            choice = node.choice or ""
            part = Part("choice", node.span_id, "decision.choice", choice, {"": choice})
            yield Moment("decision", node.span_id, node.agent, node.question, case.run.order[node.span_id], (part,))


def _model_calls(case: Case, *, same_task: bool) -> Iterator[Moment]:
    for call in case.calls:
        name = " + ".join(sorted(action.name for action in call.actions)) or (ANSWER if call.texts else "nothing")
        parts = tuple(_of_call(case, call, same_task=same_task))
        yield Moment("model call", call.span.span_id, call.agent, name, call.order, parts, tuple(call.actions))


def _of_call(case: Case, call: Call, *, same_task: bool) -> Iterator[Part]:
    for action in call.actions:
        yield from _arguments(case, action, same_task=same_task)
    if not call.actions:
        for path, words in call.texts:
            yield Part("answer", call.span.span_id, path, words, {"": " ".join(words.split())} if same_task else {})
    if call.error is not None:
        path = next((p for p in ("error_message", "status_message", "error_type") if getattr(call.span, p)), "status")
        yield Part("error", call.span.span_id, path, call.error, {"": call.error})


def _tools(case: Case, *, same_task: bool) -> Iterator[Moment]:
    last = case.run.last_inside()
    for action in case.actions:
        parts = list(_result(action, same_task=same_task))
        if action.asked_by is None:  # otherwise the model call has them
            parts += _arguments(case, action, same_task=same_task)
        end = last[action.span_id] if action.span is not None else action.order
        yield Moment("tool", action.span_id, action.agent, action.name, end, tuple(parts), (action,))


def _arguments(case: Case, action: Action, *, same_task: bool) -> Iterator[Part]:
    if action.arguments_at is None:
        return
    facets = _facets(action.arguments)
    if not same_task:
        facets = {path: _source(case, value, action.order) for path, value in facets.items()}
    yield Part(f"arguments of `{action.name}`", *action.arguments_at, action.arguments, facets)


def _result(action: Action, *, same_task: bool) -> Iterator[Part]:
    if action.error is not None:
        at = action.error_at or (action.span_id, "status")
        yield Part("error", *at, action.error, {"": action.error} if same_task else {})
    elif action.result_at is not None:
        facets = _facets(action.result) if same_task else {"": "nothing" if is_empty(action.result) else "something"}
        yield Part("result", *action.result_at, action.result, facets)


def _facets(value: Any) -> dict[str, Any]:
    return {
        leaf.path: " ".join(leaf.value.split()) if isinstance(leaf.value, str) else leaf.value
        for leaf in leaves(value, "")
    }


def _source(case: Case, value: Any, before: int) -> str:
    """Where the typed values of an argument came from: given, observed, derived, the model's own; prose says nothing."""
    sources = {case.lineage.origin(typed, min(before, END)).source.value for typed in of_scalar(value)}
    return " + ".join(sorted(sources)) or "words"
