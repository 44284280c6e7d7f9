"""The decisions of a run in one form: those the agent recorded, and those its model calls imply.

A derived decision reads: the tools offered are the options, the tool calls (several at once are one decision) or
the answer are the choice, the reasoning or the words before the call are the rationale, and what the model had not
seen before is the evidence.
"""

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from whyspan.model import Decision
from whyspan.semconv import Kind
from whyspan_analysis.fields import refer, text
from whyspan_analysis.handoffs import handoff_target, is_handoff
from whyspan_analysis.model import DecisionNode, OptionView, Ref, Run
from whyspan_analysis.steps import Action, Call, Steps
from whyspan_analysis.values import leaves
from whyspan_collector.records import Span

_WORD = re.compile(r"[^\W_]+")
ANSWER = "answer"
"""The option of a model call that asks for no tool."""


def read_decisions(run: Run, steps: Steps) -> list[DecisionNode]:
    """All decisions in causal order, numbered from 1."""
    candidates = ((span, run.contents[span.span_id].decision) for span in run.spans)
    recorded = [(span, decision) for span, decision in candidates if decision is not None]
    covered = _covered(run, recorded, steps.calls)
    carried_out = _carried_out(run, recorded, covered, steps)
    nodes = []
    for span, decision in recorded:
        node = _recorded(run, span, decision, steps, carried_out[span.span_id])
        node.covers = [call.span.span_id for call in covered[span.span_id]]
        nodes.append(node)
    told = {span_id for node in nodes for span_id in node.covers}
    nodes += [_derived(run, call) for call in steps.calls if call.span.span_id not in told]
    followed = {span_id for node in nodes for span_id in node.led_to}
    nodes += [
        _implied(run, action)
        for action in steps.actions
        if action.asked_by is None and action.span is not None and action.span_id not in followed
    ]
    nodes.sort(key=lambda node: (run.order[node.span_id], node.decision_id))
    for step, node in enumerate(nodes, start=1):
        node.step = step
    return nodes


def _identity(run: Run, span: Span, position: int = 0) -> str:
    return hashlib.sha256(f"{run.run_id}/{span.trace_id}/{span.span_id}/{position}".encode()).hexdigest()[:16]


# --- recorded -------------------------------------------------------------------------------------------------


def _recorded(run: Run, span: Span, decision: Decision, steps: Steps, led_to: list[str]) -> DecisionNode:
    options = [
        OptionView(option.label, option.label == decision.choice, option.score, option.why_not)
        for option in decision.options
    ]
    if decision.choice is not None and not any(option.chosen for option in options):
        options.append(OptionView(decision.choice, chosen=True))
    missing = []
    if decision.choice is None:
        missing.append("the choice was not recorded")
    if decision.rationale is None:
        missing.append("no rationale was recorded")
    return DecisionNode(
        decision_id=_identity(run, span),
        span_id=span.span_id,
        agent=steps.agents[span.span_id],
        source="recorded",
        step=0,
        question=decision.question,
        options=options,
        choice=decision.choice,
        rationale=decision.rationale,
        confidence=decision.confidence,
        reversibility=decision.reversibility.value if decision.reversibility is not None else None,
        evidence=list(_recorded_evidence(run, span, decision)),
        led_to=led_to,
        missing=missing,
    )


def _recorded_evidence(run: Run, span: Span, decision: Decision) -> Iterator[Ref]:
    """References as the agent gave them; a quote is located in the span it names, else in the decision itself."""
    for index, evidence in enumerate(decision.evidence):
        if evidence.ref in run.order:
            content = run.contents[evidence.ref]
            field = next((name for name in ("result", "output") if getattr(content, name) is not None), None)
            if field is None:
                yield Ref(evidence.ref)
            elif evidence.quote is not None and evidence.quote in text(getattr(content, field)):
                yield Ref(evidence.ref, field, evidence.quote)
            else:
                yield refer(run, evidence.ref, field)
        if evidence.quote is not None and evidence.ref not in run.order:
            yield refer(run, span.span_id, f"decision.evidence[{index}].quote")


def _covered(run: Run, recorded: list[tuple[Span, Decision]], calls: list[Call]) -> dict[str, list[Call]]:
    """Decision's span id -> the model calls it tells of: those inside its span, or beside it with the same choice."""
    holder: dict[str, str] = {span.span_id: span.span_id for span, _ in recorded}
    for span in run.spans:
        if span.span_id not in holder and span.kind not in (Kind.AGENT, Kind.HANDOFF) and span.parent_span_id in holder:
            holder[span.span_id] = holder[span.parent_span_id]
    beside = {(span.parent_span_id, decision.choice): span.span_id for span, decision in recorded}
    covered: dict[str, list[Call]] = {span.span_id: [] for span, _ in recorded}
    for call in calls:
        inside = holder.get(call.span.span_id)
        same = (beside.get((call.span.parent_span_id, action.name)) for action in call.actions)
        decision = inside or next((span_id for span_id in same if span_id is not None), None)
        if decision is not None:
            covered[decision].append(call)
    return covered


def _carried_out(
    run: Run, recorded: list[tuple[Span, Decision]], covered: dict[str, list[Call]], steps: Steps
) -> dict[str, list[str]]:
    """Decision's span id -> the spans that carried its choice out.

    Those are the agent's later actions on the chosen thing; else its next action of the chosen name; else what the
    covered model calls asked for; else its next action at all. The last three end at the agent's next decision.
    """
    by_agent: dict[str | None, list[Action]] = defaultdict(list)
    on: dict[tuple[str | None, str], list[Action]] = defaultdict(list)
    for action in steps.actions:
        if action.span is not None:
            by_agent[steps.agents[action.span_id]].append(action)
            for leaf in leaves(action.arguments, ""):
                on[steps.agents[action.span_id], text(leaf.value).casefold()].append(action)
    led_to: dict[str, list[str]] = {}
    until: dict[str | None, int] = {}
    for span, decision in reversed(recorded):
        agent, start = steps.agents[span.span_id], run.order[span.span_id]
        own = by_agent[agent]
        first = bisect_right(own, start, key=lambda action: action.order)
        last = bisect_right(own, until.get(agent, len(run.spans)), key=lambda action: action.order)
        until[agent] = start
        choice = (decision.choice or "").casefold()
        found = [action for action in on.get((agent, choice), ()) if action.order > start]
        found = found or [action for action in own[first:last] if _names(choice, action)][:1]
        found = found or [
            action for call in covered[span.span_id] for action in call.actions if action.span is not None
        ]
        led_to[span.span_id] = [action.span_id for action in found or own[first:last][:1]]
    return led_to


def _names(choice: str, action: Action) -> bool:
    """True when a choice speaks of an action: `refund` of `refund_order`, `hand over to billing` of a hand-off to it."""
    if not choice:
        return False
    name = action.name.casefold()
    words = {word.removesuffix("s") for word in _WORD.findall(choice)}
    parts = {part.removesuffix("s") for part in _WORD.findall(name)} - {"handoff"}
    return choice in name or name in choice or (bool(parts) and parts <= words)


# --- derived from a model call --------------------------------------------------------------------------------


def _derived(run: Run, call: Call) -> DecisionNode:
    chosen = [_label(action.name, action.arguments) for action in call.actions]
    if not chosen and call.texts:
        chosen = [ANSWER]
    offered = list(dict.fromkeys(_offered(call)))
    labels = list(dict.fromkeys([*offered, *([ANSWER] if call.texts or offered else []), *chosen]))
    rationale = call.reasoning or (call.texts if call.actions else [])
    missing = []
    if not offered:
        missing.append("the tools offered to the model were not captured, or there were none")
    if not chosen:
        missing.append(f"the model call failed: {call.error}" if call.error else "the model's answer was not captured")
    if not rationale:
        missing.append("the model gave no reasoning, or it was not captured")
    if not call.content.input_messages:
        missing.append("the messages the model saw were not captured")
    return DecisionNode(
        decision_id=_identity(run, call.span),
        span_id=call.span.span_id,
        agent=call.agent,
        source="derived",
        step=0,
        question="Which tool next, or answer?" if offered or call.actions else "What to answer?",
        options=[OptionView(label, label in chosen) for label in labels],
        choice=_several(chosen),
        rationale="\n".join(words for _, words in rationale) or None,
        reversibility=next((a.span.effect for a in call.actions if a.span is not None and a.span.effect), None),
        evidence=list(_new_evidence(run, call)),
        led_to=[action.span.span_id for action in call.actions if action.span is not None],
        missing=missing,
    )


def _offered(call: Call) -> Iterator[str]:
    """The offered tools; a hand-off tool with a closed list of targets is one option for each of them."""
    for tool in call.content.tool_definitions:
        name = str(tool.get("name", ""))
        targets = list(_targets(tool.get("parameters"))) if is_handoff(name) else []
        yield from (f"{name}({target})" for target in targets) if targets else (name,)


def _targets(parameters: Any) -> Iterator[str]:
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    for schema in properties.values() if isinstance(properties, dict) else ():
        if isinstance(schema, dict) and isinstance(schema.get("enum"), list):
            yield from (str(target) for target in schema["enum"])


def _label(name: str, arguments: Any) -> str:
    target = handoff_target(name, arguments) if is_handoff(name) else None
    return f"{name}({target})" if target is not None and target not in name else name


def _several(chosen: list[str]) -> str | None:
    counts = dict.fromkeys(chosen, 0)
    for label in chosen:
        counts[label] += 1
    return " + ".join(label if times == 1 else f"{times} x {label}" for label, times in counts.items()) or None


def _new_evidence(run: Run, call: Call) -> Iterator[Ref]:
    """What this call saw for the first time: user's words, and results, quoted at the tool that gave them."""
    for position in call.new:
        message = call.content.input_messages[position]
        for p, part in enumerate(message.parts):
            path = f"input_messages[{position}].parts[{p}]"
            action = call.results.get((position, p))
            if action is not None and action.result_at is not None:
                yield refer(run, *action.result_at)
            elif part.type == "tool_call_response":
                yield refer(run, call.span.span_id, f"{path}.{'value' if part.value is not None else 'content'}")
            elif part.type == "text" and message.role == "user":
                yield refer(run, call.span.span_id, f"{path}.content")


# --- derived from an action alone -----------------------------------------------------------------------------


def _implied(run: Run, action: Action) -> DecisionNode:
    """An action nobody was seen choosing: the choice is known, what it was chosen from is not."""
    assert action.span is not None  # noqa: S101 - an action without a model call was read from its span
    label = _label(action.name, action.arguments)
    return DecisionNode(
        decision_id=_identity(run, action.span),
        span_id=action.span_id,
        agent=action.agent,
        source="derived",
        step=0,
        question="Which tool next?",
        options=[OptionView(label, chosen=True)],
        choice=label,
        reversibility=action.span.effect,
        led_to=[action.span_id],
        missing=["the model call or decision that chose this was not recorded, nor what else was offered"],
    )
