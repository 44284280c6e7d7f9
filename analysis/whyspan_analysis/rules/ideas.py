"""What a rule against a failure could say: for each kind of sign, a ladder of rules from the most general to the most specific.

A general rung speaks of every tool, then of tools that change something, then of one tool, one field, one value.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from whyspan.rules.events import STOPPABLE, Event, On
from whyspan.rules.history import FUNCTIONS, History, is_blank
from whyspan.rules.rule import GuardAction, Rule, Scope
from whyspan_analysis.rules.customs import ANSWER, SUPPORT, Customs
from whyspan_analysis.rules.history import PastRun

ADMITS: Final = (
    "(?i)error|fail|unable|could ?n[o']t|cannot|can't|not (found|possible|available|complete)|sorry|unavailable|problem"
)
"""Words with which an answer owns up to what went wrong; blocking such an answer would punish honesty."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rule of a ladder, without its id."""

    level: str
    """`any tool`, `tools that change something`, `this tool`, `this field` or `this value`."""
    rule: Rule


@dataclass(frozen=True, slots=True)
class Moment:
    """A stoppable event of the failed run, with what the run knew just before it."""

    position: int
    event: Event
    history: History
    last: bool
    """True when the run did nothing any more after it, nor said anything."""

    def ask(self, function: str, *arguments: Any) -> Any:
        """What an expression would be told at this moment."""
        environment = {"e": self.event, "run": self.history}
        return FUNCTIONS[function].call(environment, *arguments)


Look = Callable[[Moment, Customs], Iterator[Rung]]


@dataclass(frozen=True, slots=True)
class Idea:
    """One kind of sign."""

    name: str
    detectors: frozenset[str]
    """The detectors whose findings it is a rule against; it comes first when one of them spoke. None where no detector looks for the sign."""
    look: Look
    """The rungs, most general first; none where the moment has no such sign."""


def _rule(a: str, message: str, *, on: tuple[str, ...] = (On.CALL,), tool: str = "*", **more: Any) -> Rule:
    return Rule("proposed", more.pop("kind", "absence"), a, scope=Scope(tool=tool, on=on), message=message, **more)


def _ladder(condition: str, event: Event, message: str, *, reads: bool = True) -> Iterator[Rung]:
    """A condition on a call: of any tool, of those that change something, of this one."""
    if reads:
        yield Rung("any tool", _rule(condition, message))
    if event.changes:
        yield Rung("tools that change something", _rule(f"e.changes && {condition}", message))
    yield Rung("this tool", _rule(condition, message, tool=event.name))


def _invented(moment: Moment, _customs: Customs) -> Iterator[Rung]:
    event = moment.event
    if event.kind == On.RESULT:
        return
    if event.kind == On.ANSWER:
        if moment.ask("invented", "text"):
            message = (
                "The answer states an id or address that nobody gave and no tool returned. Say only what was found."
            )
            yield Rung("any tool", _rule('size(invented("text")) > 0', message, on=(On.ANSWER,)))
        return
    found = moment.ask("invented", "args") if event.args else []
    if not found:
        return
    message = "An argument of this call is an id or address that nobody gave and no tool returned. Look it up, then call again."
    yield from _ladder('size(invented("args")) > 0', event, message)
    for name, value in event.args.items() if isinstance(event.args, dict) else ():
        if str(value) in found and name.isidentifier():
            yield Rung("this field", _rule(f'label("args.{name}") == "model"', message, tool=event.name))
            yield Rung("this value", _rule(f"e.args.{name} == {_quoted(value)}", message, tool=event.name))


def _foreign(moment: Moment, _customs: Customs) -> Iterator[Rung]:
    event = moment.event
    if event.kind == On.CALL and event.args and moment.ask("foreign", "args"):
        message = "An id in the arguments is of a record that belongs to somebody else than the one you were asked about. Look again."
        yield from _ladder('size(foreign("args")) > 0', event, message)


def _open(function: str, sign: str, then: str) -> Look:
    """Going on although the latest result of some tool was not what it should be."""

    def look(moment: Moment, _customs: Customs) -> Iterator[Rung]:
        names = moment.ask(function)
        event = moment.event
        goes_on = event.kind == On.ANSWER or (event.kind == On.CALL and event.changes)
        if not names or event.name in names or not goes_on:
            return
        message = f"The latest result of a tool {sign}. {then}"
        any_open = f"size({function}()) > 0"
        admits = f'!e.text.matches("{ADMITS}")'
        claims = f'e.kind == "answer" ? {admits} : e.changes'
        both = (On.CALL, On.ANSWER)
        other = f"!{function}().exists(t, t == e.name)"
        yield Rung("any tool", _rule(f"{any_open} && {other} && ({claims})", message, on=both))
        if event.kind == On.CALL:
            yield Rung("tools that change something", _rule(f"{any_open} && {other} && e.changes", message))
        for name in names:
            message_of = f"The latest result of {name} {sign}. {then}"
            this = f"{_quoted(name)} in {function}()"
            yield Rung("this tool", _rule(f"{this} && e.name != {_quoted(name)} && ({claims})", message_of, on=both))
            yield Rung("this field", _rule(this, message_of, on=(event.kind,), tool=event.name or "*"))

    return look


def _repeated(moment: Moment, customs: Customs) -> Iterator[Rung]:
    event = moment.event
    if event.kind != On.CALL or (times := moment.ask("repeats")) < 1:
        return
    if event.changes:
        message = "Exactly this has been done already in this run. Do not do it twice."
        yield from _ladder("repeats() >= 1", event, message, reads=False)
        if customs.repeated and event.name not in customs.repeated:
            usual = ", ".join(map(_quoted, sorted(customs.repeated)))
            but = f"e.changes && repeats() >= 1 && !(e.name in [{usual}])"
            yield Rung("tools that change something", _rule(but, message))
        return
    message = "This call has been made before, with the same result every time. Use that result, or do something else."
    for least in (2, 3, 5):
        if times >= least:
            yield from _ladder(f"repeats() >= {least}", event, message)


def _retried(moment: Moment, _customs: Customs) -> Iterator[Rung]:
    event = moment.event
    failures = moment.ask("failures") if event.kind == On.CALL else 0
    message = "This tool has failed several times in a row. Do something else, or say what could not be done."
    for least in (3, 4, 6):
        if failures >= least:
            yield from _ladder(f"failures() >= {least}", event, message)


def _unhandled(moment: Moment, customs: Customs) -> Iterator[Rung]:
    """An error of a tool with which everything ended: the agent never got to see it."""
    event = moment.event
    if event.kind != On.RESULT or event.ok is not False or not moment.last:
        return
    message = "Nothing in this program deals with such an error. Do something else, or say what could not be done."
    for condition in _but("e.ok == false", "e.error_type", customs.errors):
        yield Rung("any tool", _rule(condition, message, on=(On.RESULT,)))
        yield Rung("this tool", _rule(condition, message, on=(On.RESULT,), tool=event.name))


def _but(condition: str, of: str, runs: Counter[str]) -> list[str]:
    """The condition, without what is customary in passing runs, and without all that was ever there."""
    found = [condition]
    for least in (SUPPORT, 1):
        usual = ", ".join(_quoted(name) for name, count in sorted(runs.items()) if count >= least)
        found += [f"{condition} && !({of} in [{usual}])"] if usual else []
    return list(dict.fromkeys(found))


def _blank(moment: Moment, customs: Customs) -> Iterator[Rung]:
    if moment.event.kind != On.RESULT or not is_blank(moment.event):
        return
    message = (
        "It came back empty or with zeros only, as it does not where all goes well: nothing can be concluded from it. "
        "Ask again or otherwise, or say that nothing was found."
    )
    for condition in _but("blank()", "e.name", customs.blank):
        yield Rung("any tool", _rule(condition, message, on=(On.RESULT,)))
    yield Rung("this tool", _rule("blank()", message, on=(On.RESULT,), tool=moment.event.name))


def _cut(moment: Moment, _customs: Customs) -> Iterator[Rung]:
    if moment.event.kind in (On.ANSWER, On.CALL) and moment.ask("finish") == "length":
        message = (
            "The model's words were cut off at its output limit. Ask it to go on, or for less, before they are used."
        )
        yield Rung("any tool", _rule('finish() == "length"', message, on=(On.CALL, On.ANSWER)))
        yield Rung("this field", _rule('finish() == "length"', message, on=(moment.event.kind,)))


def _misfit(moment: Moment, customs: Customs) -> Iterator[Rung]:
    event = moment.event
    if event.kind != On.CALL:
        return
    if moment.ask("schema_error"):
        message = "The arguments do not fit the tool's schema. Read it again: names, types and what is required."
        yield from _ladder('schema_error() != ""', event, message)
    for name in customs.always_with(event.name):
        if isinstance(event.args, dict) and name not in event.args and name.isidentifier():
            message = f"{event.name} is always called with {name}. Say what it is to be."
            yield Rung("this field", _rule(f"!has(e.args.{name})", message, tool=event.name))


def _unoffered(moment: Moment, _customs: Customs) -> Iterator[Rung]:
    if moment.event.kind == On.CALL and not moment.ask("offered"):
        message = "There is no tool of this name. Use one of those that were offered."
        yield Rung("any tool", _rule("!offered()", message))
        yield Rung("this tool", _rule("!offered()", message, tool=moment.event.name))


def _skipped(moment: Moment, customs: Customs) -> Iterator[Rung]:
    """A step that passing runs always take first; the run went on without it."""
    event = moment.event
    if event.kind not in (On.CALL, On.ANSWER) or (event.kind == On.CALL and not event.changes):
        return
    tool = event.name if event.kind == On.CALL else ANSWER
    done = {name for name, result in moment.history.latest.items() if result.ok}
    skipped = [name for name in customs.always_before(tool) if name not in done]
    for name in reversed(skipped):
        what = f"{event.name} runs" if event.kind == On.CALL else "the answer is given"
        message = f"{name} has to succeed before {what}; it has not in this run."
        first = f'e.kind == "result" && e.ok && e.name == {_quoted(name)}'
        then = f'e.kind == "call" && e.name == {_quoted(event.name)}' if event.kind == On.CALL else 'e.kind == "answer"'
        if event.kind == On.ANSWER:
            then += f' && !e.text.matches("{ADMITS}")'
        rule = Rule("proposed", "precedence", first, then, message=message, scope=Scope(on=(On.RESULT, event.kind)))
        yield Rung("this tool", rule if event.effect != "irreversible" else replace(rule, guard=GuardAction.ASK))


def _quoted(value: Any) -> str:
    """A scalar as CEL writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 else f"\\{c}" if c in '\\"' else c for c in str(value))
    return f'"{escaped}"'


IDEAS: Final = (
    Idea("unoffered-tool", frozenset({"unknown_tool"}), _unoffered),
    Idea("arguments-misfit", frozenset({"invalid_arguments", "dropped_filter", "lost_constraint"}), _misfit),
    Idea("cut-off", frozenset({"output_truncated"}), _cut),
    Idea("invented-value", frozenset({"ungrounded_argument", "empty_result_used", "answer_not_grounded", "wrong_entity"}), _invented),
    Idea("foreign-record", frozenset({"wrong_entity"}), _foreign),
    Idea(
        "failed-change",
        frozenset({"tool_error_ignored", "tool_error"}),
        _open("failed_changes", "was an error, and it was to change something", "Try it again, or say that it did not happen."),
    ),
    Idea("repeated-call", frozenset({"exact_loop", "repeated_change"}), _repeated),
    Idea("retry-storm", frozenset({"retry_storm"}), _retried),
    Idea(
        "partial-result",
        frozenset(),
        _open("partial", "says that there is more of it", "Read the rest first."),
    ),
    Idea("unhandled-error", frozenset({"tool_error"}), _unhandled),
    Idea("blank-result", frozenset({"blank_result", "empty_result_used"}), _blank),
    Idea("skipped-step", frozenset({"unverified_irreversible"}), _skipped),
)  # fmt: skip
"""All of them, in the order they are tried where no detector prefers one."""


def moments(run: PastRun) -> Iterator[Moment]:
    """The stoppable events of a run up to the point of no return."""
    history = History()
    acts = (position for position, event in enumerate(run.stream) if event.kind in (*STOPPABLE, On.MODEL))
    last = max(acts, default=-1)
    for position, event in enumerate(run.stream[: run.in_time + 1]):
        if event.kind in STOPPABLE:
            yield Moment(position, event, history, last=position == last)
        history.feed(event)
