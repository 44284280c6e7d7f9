"""A case: everything known about one run, as detectors see it; and what a detector is.

Detectors read a case and yield findings. They know neither the store nor each other.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from whyspan_analysis.fields import refer, text
from whyspan_analysis.lineage import Lineage
from whyspan_analysis.model import DecisionNode, Finding, Outcome, Ref, Role, Run, Status
from whyspan_analysis.readings import Readings
from whyspan_analysis.statements import Statements
from whyspan_analysis.steps import Action, Answer, Call, Steps
from whyspan_analysis.values import leaves
from whyspan_collector.records import Span

MAX_DEPTH = 100
"""Spans followed upwards: deeper nesting is a loop of parents."""


@dataclass(slots=True)
class Case:
    """One run with its steps, decisions, values and outcome."""

    run: Run
    steps: Steps
    decisions: list[DecisionNode]
    lineage: Lineage
    outcome: Outcome
    siblings: Sequence["Case"] = ()
    """Passing runs of the same task it is held beside."""
    by_span: dict[str, DecisionNode] = field(init=False)
    """span id -> the decision made there, or else the one that led there."""
    _statements: Statements | None = field(init=False, default=None)
    _readings: Readings | None = field(init=False, default=None)
    _calls_of: dict[str | None, list[Call]] = field(init=False)
    _ok: list[Action] = field(init=False)

    def __post_init__(self) -> None:
        self._ok = [action for action in self.steps.actions if action.ok]
        self._calls_of = defaultdict(list)
        for call in self.steps.calls:
            self._calls_of[call.agent].append(call)
        self.by_span = {}
        for node in self.decisions:
            for span_id in node.led_to:
                self.by_span.setdefault(span_id, node)
        for node in self.decisions:
            self.by_span.update(dict.fromkeys([node.span_id, *node.covers], node))

    @property
    def calls(self) -> list[Call]:
        """The model calls in order."""
        return self.steps.calls

    @property
    def actions(self) -> list[Action]:
        """The tool calls in order."""
        return self.steps.actions

    @property
    def answer(self) -> Answer | None:
        """What the run said at its end."""
        return self.steps.answer

    @property
    def statements(self) -> Statements:
        """The values the models wrote in their own words, indexed when first asked for."""
        if self._statements is None:
            self._statements = Statements(self.steps, self.lineage)
        return self._statements

    @property
    def readings(self) -> Readings:
        """What was read of each record, indexed when first asked for."""
        if self._readings is None:
            self._readings = Readings(self.run, self.lineage)
        return self._readings

    def chooser(self, action: Action) -> str:
        """The span to blame for an action: the decision that led to it, where known; else the action's own."""
        asked = action.asked_by.span.span_id if action.asked_by is not None else action.span_id
        node = self.by_span.get(asked)
        return node.span_id if node is not None else asked

    def author(self, action: Action) -> str | None:
        """The span of the model call right before an action of which neither asking nor arguments were captured: whose words it ran."""
        index = bisect_left(self.calls, action.order, key=lambda call: call.order) - 1
        if action.asked_by is not None or action.arguments_at is not None or index < 0:
            return None
        call = self.calls[index]
        own = bisect_right(self.actions, call.order, key=lambda other: other.order)
        return self.decided_at(call) if self.actions[own] is action else None

    def decided_at(self, call: Call) -> str:
        """The span to blame for what a model call said: the decision it belongs to, else its own."""
        node = self.by_span.get(call.span.span_id)
        return node.span_id if node is not None else call.span.span_id

    def chosen_first(self, values: set[str], action: Action) -> str:
        """Where one of these values, in lower case, was first taken: a choice or an argument; else the action's chooser."""
        for node in self.decisions:
            if self.run.order[node.span_id] >= action.order:
                break
            if node.source == "recorded" and node.choice is not None and node.choice.casefold() in values:
                return node.span_id
        for other in self.actions:
            if other.order >= action.order:
                break
            if any(text(leaf.value).casefold() in values for leaf in leaves(other.arguments, "")):
                return self.chooser(other)
        return self.chooser(action)

    def within(self, span: Span, outer: Span) -> bool:
        """True when a span lies below another one."""
        above = span.parent_span_id
        for _ in range(MAX_DEPTH):
            if above == outer.span_id:
                return True
            if above not in self.run.order:
                return False
            above = self.run.span(above).parent_span_id
        return False

    def seen_by(self, action: Action) -> Call | None:
        """The next model call of the same agent: the one that saw what came of the action."""
        start = max(action.order, action.asked_by.order if action.asked_by is not None else -1)
        own = self._calls_of[action.agent]
        index = bisect_right(own, start, key=lambda call: call.order)
        return own[index] if index < len(own) else None

    def later_ok(self, action: Action) -> Action | None:
        """The next action that came back without an error; those asked for together with this one do not count."""
        start = bisect_right(self._ok, action.order, key=lambda other: other.order)
        for index in range(start, len(self._ok)):
            other = self._ok[index]
            if other.asked_by is None or other.asked_by is not action.asked_by:
                return other
        return None

    def made_good(self, action: Action) -> Action | None:
        """The later success that made up for a failed action: of a change only another try of it, else any action."""
        if not action.changes:
            return self.later_ok(action)
        start = bisect_right(self._ok, action.order, key=lambda other: other.order)
        return next((other for other in self._ok[start:] if other.name == action.name), None)

    @property
    def gave_up_well(self) -> bool:
        """True when the run answered and is not known to have failed: it may have said what it could not do."""
        return self.answer is not None and self.outcome.status is not Status.FAILED

    def ref(self, at: tuple[str, str], needle: str | None = None) -> Ref:
        """Evidence at (span id, path), quoted around `needle` where the text is long."""
        return refer(self.run, *at, needle)

    def action_refs(self, action: Action) -> Iterator[Ref]:
        """Evidence for an action: what came of it, then what it was asked to do; as far as captured."""
        for at in (action.error_at, action.result_at if action.error is None else None, action.arguments_at):
            if at is not None:
                yield self.ref(at)


@dataclass(frozen=True, slots=True)
class Detector:
    """One failure mode and the function that looks for it."""

    name: str
    title: str
    """The failure mode in words for people."""
    role: Role
    bits: float
    """Weight of a finding of full strength, in bits of log-odds that its span decided the failure."""
    find: Callable[["Detector", Case], Iterable[Finding]]

    def finding(self, span_id: str, message: str, refs: Iterable[Ref], strength: float = 1.0, **rest: Any) -> Finding:
        """A finding of this detector."""
        return Finding(self.name, self.role, span_id, message, strength, tuple(refs), **rest)
