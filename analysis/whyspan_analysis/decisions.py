"""The decisions of a run in one form: those the agent recorded, and those its model calls imply.

A derived decision reads: the tools offered are the options, the tool calls (several at once are one decision) or
the answer are the choice, the reasoning or the words before the call are the rationale, and what the model had not
seen before is the evidence.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from whyspan.model import Decision
from whyspan_analysis.fields import refer, text
from whyspan_analysis.handoffs import handoff_target, is_handoff
from whyspan_analysis.model import DecisionNode, OptionView, Ref, Run
from whyspan_analysis.steps import Action, Call, Steps
from whyspan_collector.records import Span

ANSWER = "answer"
"""The option of a model call that asks for no tool."""


def read_decisions(run: Run, steps: Steps) -> list[DecisionNode]:
    """All decisions in causal order, numbered from 1."""
    recorded = [(span, run.contents[span.span_id].decision) for span in run.spans]
    spans = [(span, decision) for span, decision in recorded if decision is not None]
    carried_out = _carried_out(run, spans, steps)
    covered = {call.span.span_id for call in _covered(run, spans, steps.calls)}
    nodes = [_recorded(run, span, decision, steps, carried_out[span.span_id]) for span, decision in spans]
    nodes += [_derived(run, call, steps) for call in steps.calls if call.span.span_id not in covered]
    followed = {span_id for node in nodes for span_id in node.led_to}
    nodes += [
        _implied(run, action) for action in steps.actions if action.asked_by is None and action.span_id not in followed
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
        question_source="recorded",
        options=options,
        options_source="recorded",
        choice=decision.choice,
        rationale=decision.rationale,
        rationale_source="recorded" if decision.rationale is not None else None,
        confidence=decision.confidence,
        reversibility=decision.reversibility.value if decision.reversibility is not None else None,
        evidence=list(_recorded_evidence(run, span, decision)),
        evidence_source="recorded",
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


def _carried_out(run: Run, spans: list[tuple[Span, Decision]], steps: Steps) -> dict[str, list[str]]:
    """Decision's span id -> the spans that carried its choice out: inside it, else the next ones of its agent."""
    inside: dict[str, str] = {}
    for span in run.spans:
        parent = span.parent_span_id or ""
        if run.contents[span.span_id].decision is not None:
            inside[span.span_id] = span.span_id
        elif parent in inside:
            inside[span.span_id] = inside[parent]
    led_to: dict[str, list[str]] = {span.span_id: [] for span, _ in spans}
    open_decisions: dict[str | None, tuple[Span, Decision]] = {}
    waiting = iter([*spans, None])
    upcoming = next(waiting)
    for action in steps.actions:
        while upcoming is not None and run.order[upcoming[0].span_id] <= action.order:
            open_decisions[upcoming[0].parent_span_id] = upcoming
            upcoming = next(waiting)
        if action.span is None:
            continue
        if (holder := inside.get(action.span_id)) is not None:
            if _names(run.contents[holder].decision, action) or not led_to[holder]:
                led_to[holder].append(action.span_id)
        elif (last := open_decisions.get(action.span.parent_span_id)) is not None and (
            _names(last[1], action) or not led_to[last[0].span_id]
        ):
            led_to[last[0].span_id].append(action.span_id)
    return led_to


def _names(decision: Decision | None, action: Action) -> bool:
    """True when the choice speaks of the action: the tool's name, or one of its arguments."""
    if decision is None or decision.choice is None:
        return False
    choice = decision.choice.casefold()
    if action.name.casefold() in choice or choice in action.name.casefold():
        return True
    arguments = action.arguments.values() if isinstance(action.arguments, dict) else ()
    return any(choice == text(argument).casefold() for argument in arguments)


def _covered(run: Run, spans: list[tuple[Span, Decision]], calls: list[Call]) -> Iterator[Call]:
    """Model calls a recorded decision already tells of: inside its span, or beside it with the same choice."""
    holders = {span.span_id for span, _ in spans}
    inside: set[str] = set()
    for span in run.spans:
        if span.parent_span_id in holders or span.parent_span_id in inside:
            inside.add(span.span_id)
    beside = {(span.parent_span_id, decision.choice) for span, decision in spans if decision.choice is not None}
    for call in calls:
        same_choice = any((call.span.parent_span_id, action.name) in beside for action in call.actions)
        if call.span.span_id in inside or same_choice:
            yield call


# --- derived from a model call --------------------------------------------------------------------------------


def _derived(run: Run, call: Call, steps: Steps) -> DecisionNode:
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
        question_source="derived",
        options=[OptionView(label, label in chosen) for label in labels],
        options_source="derived",
        choice=_several(chosen),
        rationale="\n".join(words for _, words in rationale) or None,
        rationale_source="derived" if rationale else None,
        reversibility=next((a.span.effect for a in call.actions if a.span is not None and a.span.effect), None),
        evidence=list(_new_evidence(run, call, steps)),
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


def _new_evidence(run: Run, call: Call, steps: Steps) -> Iterator[Ref]:
    """What this call saw for the first time: user's words, and results, quoted at the tool that gave them."""
    results = {action.call_id: action for action in steps.actions if action.call_id is not None}
    for position in call.new:
        message = call.content.input_messages[position]
        for p, part in enumerate(message.parts):
            path = f"input_messages[{position}].parts[{p}]"
            action = results.get(part.id or "") if part.type == "tool_call_response" else None
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
        question_source="derived",
        options=[OptionView(label, chosen=True)],
        options_source="derived",
        choice=label,
        reversibility=action.span.effect,
        led_to=[action.span_id],
        missing=["the model call or decision that chose this was not recorded, nor what else was offered"],
    )
