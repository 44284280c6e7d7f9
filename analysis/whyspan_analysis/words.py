"""The diagnosis in sentences: a verdict of one line, and the chain from the first origin to the outcome.

Every sentence is recorded or derived and refers to the spans it speaks of; quotes are verbatim.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from whyspan.semconv import Kind
from whyspan_analysis.case import Case
from whyspan_analysis.decisions import ANSWER
from whyspan_analysis.fields import cut, ended, read, refer, text
from whyspan_analysis.model import DecisionNode, Finding, Hypothesis, LastChance, Ref, Role, Sentence
from whyspan_analysis.ranking import is_accused

NO_CAUSE: Final = "No cause was found"
"""How a verdict says so, and the title of an incident whose runs' verdicts do."""


def verdict(case: Case, hypotheses: list[Hypothesis]) -> str | None:
    """What decided the failure, in one line; None without a hypothesis."""
    if not hypotheses:
        return None
    first = hypotheses[0]
    cause = _cause(first)
    step = _step(case, first)
    if cause is not None:
        return f"{step}: {cause.message}"
    return f"{ended(case.outcome.check)} {NO_CAUSE}; {step[0].lower()}{step[1:]} is the likeliest place to look."


def held_beside(run_ids: Sequence[str]) -> str:
    """Which passing runs a failed one was held beside, or why beside none."""
    if not run_ids:
        return "No passing run of the same task was stored to hold it beside."
    if len(run_ids) == 1:
        return f"Only one passing run of the same task was stored ({run_ids[0][:12]}): beside it alone nobody can tell what varies anyway."
    return f"Held beside {len(run_ids)} passing runs of the same task: {', '.join(run_id[:12] for run_id in run_ids)}."


def chain(case: Case, hypotheses: list[Hypothesis], chance: LastChance | None) -> list[Sentence]:
    """How it came to the outcome, along the first hypothesis; the outcome alone where there is none."""
    sentences: list[Sentence] = []
    if hypotheses:
        sentences += _task(case)
        sentences += _along(case, hypotheses[0])
        if is_accused(hypotheses[0]):
            sentences.append(_stoppable(case, hypotheses[0], chance))
    outcome = case.outcome
    sentences.append(Sentence(ended(outcome.check), outcome.source, outcome.refs))
    return sentences


def _along(case: Case, hypothesis: Hypothesis) -> Iterator[Sentence]:
    cause, node = _cause(hypothesis), case.by_span.get(hypothesis.span_id)
    led_to = node.led_to if node is not None else []
    origin = cause.origin_span_id if cause is not None else None
    if origin is not None and origin not in (hypothesis.span_id, *led_to):
        yield from _observation(case, origin)
    if node is not None:
        yield _decision(case, node)
    for finding in hypothesis.findings:
        if (
            finding.role is not Role.CONTEXT
            and not finding.recovered
            and not _same(finding.message, case.outcome.check)
        ):
            yield Sentence(finding.message, "derived", finding.refs, finding.beside)
    for span_id in led_to:
        yield from _observation(case, span_id)


def _same(message: str, check: str) -> bool:
    """True when the last sentence, how the run ended, tells what was found."""
    return message in check or check.removesuffix(".") in message


def _stoppable(case: Case, hypothesis: Hypothesis, chance: LastChance | None) -> Sentence:
    """Up to where it could still have been stopped, and what nobody could take back."""
    own = case.by_span.get(hypothesis.span_id)
    if chance is None:
        told = "Whether it could still have been stopped cannot be told: no recorded value or choice leads from it to a later decision."
        return Sentence(told, "derived", (refer(case.run, hypothesis.span_id, "name"),))
    last = next(node for node in case.decisions if node.decision_id == chance.decision_id)
    step = f"step {last.step}{f' ({last.agent})' if last.agent else ''}"
    at = _chosen(case, last)
    if chance.no_return is not None:
        before = "no decision lay in between" if last is own else f"{step} was the last decision before it"
        told = f"The point of no return was `{chance.no_return.tool}`, which {chance.no_return.undoing}; {before}."
        return Sentence(told, "derived", (refer(case.run, chance.no_return.span_id, "name"), at))
    told = f"It could still have been stopped at {step}, the last decision before the outcome."
    if last is own:
        told = "No decision came after it that could have stopped it."
    if chance.undeclared:
        tools = ", ".join(dict.fromkeys(f"`{change.tool}`" for change in chance.undeclared))
        told += f" Whether what {tools} did can be undone was not declared."
    return Sentence(told, "derived", (at, *(refer(case.run, change.span_id, "name") for change in chance.undeclared)))


def _cause(hypothesis: Hypothesis) -> Finding | None:
    return next((finding for finding in hypothesis.findings if not finding.recovered), None)


def _step(case: Case, hypothesis: Hypothesis) -> str:
    node = case.by_span.get(hypothesis.span_id)
    agent = f" ({hypothesis.agent})" if hypothesis.agent else ""
    if (
        node is not None
        and node.source == "recorded"
        and node.choice is not None
        and node.span_id == hypothesis.span_id
    ):
        return f"Step {node.step}{agent} chose “{_cut(node.choice)}”"
    if node is not None:
        return f"Step {node.step}{agent}"
    return f"`{case.run.span(hypothesis.span_id).name}`{agent}"


def _task(case: Case) -> Iterator[Sentence]:
    """What the run was asked to do, in the words it was asked."""
    for call in case.calls[:1]:
        for position, message in enumerate(call.content.input_messages):
            for p, part in enumerate(message.parts):
                if message.role == "user" and part.type == "text":
                    ref = refer(case.run, call.span.span_id, f"input_messages[{position}].parts[{p}].content")
                    yield Sentence(ended(f"The task was “{_cut(part.content)}”"), "recorded", (ref,))
                    return


def _decision(case: Case, node: DecisionNode) -> Sentence:
    agent = node.agent or "The agent"
    others = [option.label for option in node.options if not option.chosen]
    listed = f"{', '.join(others[:4])}{', …' if len(others) > 4 else ''}"
    instead = f" rather than {listed}" if others else ""
    because = f", because “{_cut(node.rationale)}”" if node.rationale else ""
    if node.source == "recorded":
        told = f"Step {node.step}: {agent} was asked “{_cut(node.question)}” and chose {node.choice or 'nothing'}{instead}{because}"
        refs = [refer(case.run, node.span_id, "decision.question")]
        refs += [
            refer(case.run, node.span_id, f"decision.{field}")
            for field in ("choice", "rationale")
            if getattr(node, field)
        ]
        return Sentence(ended(told), "recorded", tuple(refs))
    chose = f"chose {node.choice}{instead}"
    if node.choice == ANSWER:
        chose = f"answered instead of calling {listed}" if others else "answered"
    elif node.choice is None:
        failed = any(gap.startswith("the model call failed") for gap in node.missing)
        chose = (
            "called the model, and the call failed" if failed else "called the model; what it answered was not captured"
        )
    return Sentence(ended(f"Step {node.step}: {agent} {chose}{because}"), "derived", tuple(_said(case, node)))


def _chosen(case: Case, node: DecisionNode) -> Ref:
    """Where the choice of a decision stands."""
    if node.source == "recorded":
        return refer(case.run, node.span_id, f"decision.{'choice' if node.choice else 'question'}")
    return next(_said(case, node))


def _said(case: Case, node: DecisionNode) -> Iterator[Ref]:
    """Where a derived decision stands: the tool call or the words of the model, and its reasoning."""
    call = next((call for call in case.calls if call.span.span_id == node.span_id), None)
    if call is None:
        yield refer(case.run, node.span_id, "name")
        return
    asked = [
        action.arguments_at
        for action in call.actions
        if action.arguments_at is not None and action.arguments_at[0] == node.span_id
    ]
    paths = [path.removesuffix(".value") + ".name" for _, path in asked] or [path for path, _ in call.texts]
    for path in [*(paths or ["name"]), *(path for path, _ in call.reasoning)]:
        yield refer(case.run, node.span_id, path)


def _observation(case: Case, span_id: str) -> Iterator[Sentence]:
    """What a tool gave back."""
    for action in case.actions:
        if action.span_id == span_id and action.span is not None:
            at = action.error_at or action.result_at
            node = case.by_span.get(case.chooser(action))
            step = f"Step {node.step}: " if node is not None else ""
            if action.span.kind is Kind.HANDOFF and at is not None and action.error is None:
                ref = case.ref(at)
                told = f"{step}the work was handed over to {_cut(ref.quote or 'another agent')}"
                yield Sentence(ended(told), "derived", (ref,))
                return
            if at is None:
                ref = Ref(span_id, "name", case.run.span(span_id).name)
                told = f"{step}`{action.name}` was executed; what it returned was not captured."
                yield Sentence(told, "derived", (ref,))
                return
            ref = case.ref(at)
            verb = "failed with" if action.error is not None else "returned"
            told = f"{step}`{action.name}` {verb} {_cut(text(read(case.run, *at)))}"
            yield Sentence(ended(told), "derived", (ref,))
            return


def _cut(words: str) -> str:
    return cut(" ".join(words.split()))
