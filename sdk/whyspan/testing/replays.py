"""A failure replayed against today's code: models and tools answer from a tape, and the rule says whether it happens again."""

import asyncio
import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from os import PathLike
from typing import Any

from whyspan import enforcement, semconv
from whyspan.rules.events import Event, On
from whyspan.testing.captured import Captured, capture
from whyspan.testing.endpoint import AnswerBy, Model, served
from whyspan.testing.player import Player, Stub
from whyspan.testing.tape import Called, Tape, load
from whyspan.testing.verdict import ReplayVerdict
from whyspan.tools import Tool


class Replay:
    """One replay; see `replay`."""

    def __init__(self, player: Player, captured: Captured, url: str) -> None:
        self._player = player
        self.captured = captured
        """What the agent recorded in the replay."""
        self.url = url
        """Where the recorded model answers, for clients that take no address from OPENAI_BASE_URL."""

    @property
    def tape(self) -> Tape:
        """What is replayed."""
        return self._player.tape

    @property
    def verdict(self) -> ReplayVerdict:
        """`kept`, `broken` or `unknown`; `unknown` as long as the replay goes on."""
        return self._player.verdict or ReplayVerdict.UNKNOWN

    @property
    def kept(self) -> bool:
        """True when the agent came past the point where the recorded run went wrong, and the rule holds."""
        return self.verdict is ReplayVerdict.KEPT

    @property
    def tools(self) -> dict[str, Callable[..., Any]]:
        """The recorded tools as functions, for agents whose own tools are not Whyspan's."""
        self._player.hand_over()
        names = dict.fromkeys(called.name for called in self.tape.calls)
        return {name: _function(name, [each for each in self.tape.calls if each.name == name]) for name in names}

    def start(self, agent: Callable[..., Any]) -> Any:
        """Calls the agent with what it was given then, and with `tools` where it takes them; waits where it is a coroutine."""
        given = self.tape.given
        if not self.tape.ours:
            self._player.happened(Event(On.TASK, text=given if isinstance(given, str) else str(given)))
        call = _call(agent, given)
        if "tools" in _parameters(agent) and "tools" not in call.keywords:
            call = partial(call, tools=self.tools)
        answer = call()
        if inspect.iscoroutine(answer):
            answer = asyncio.run(answer)
        if not self.tape.ours:
            text = answer if isinstance(answer, str) else self._player.said  # frameworks return objects of their own
            self._player.look(Event(On.ANSWER, text=text))
        return answer

    def __str__(self) -> str:
        """What happened and why that is good or bad, for the message of an assertion."""
        tape, player = self.tape, self._player
        head = {
            ReplayVerdict.BROKEN: player.why,
            ReplayVerdict.KEPT: player.why,
            ReplayVerdict.UNKNOWN: f"this replay shows nothing: {player.why or 'it is not over'}",
        }[self.verdict]
        lines = [f"{number}. {step}" for number, step in enumerate(player.steps, start=1)]
        then = f"step {tape.decisive.step} of the recorded run: {tape.decisive.says}"
        return "\n".join(
            [head, f"rule {tape.rule.id}: {tape.rule.message}", then, f"run {tape.run_id}: {tape.diagnosis}", *lines]
        )


@contextmanager
def replay(
    tape: str | PathLike[str] | Mapping[str, Any],
    *,
    tools: Mapping[str, Stub] | None = None,
    reads: bool = False,
    answers: AnswerBy = "content",
) -> Generator[Replay]:
    """Answers the agent's calls from a tape, for the time of a `with` block, and judges what it does with the tape's rule.

    Tools, searches and model requests that equal recorded ones get the recorded result or error; nothing else is reached.
    The replay ends at the first call that breaks the rule, and at the first call of which nothing was recorded: then it
    is `kept` if that call takes the place of the one that went wrong, else `unknown`. A tool that changes something is
    never carried out.

    Args:
        tape: The file that `whyspan test export` wrote, or the JSON in it.
        tools: Tool's name to a function that says what it returns where nothing was recorded.
        reads: Lets tools that are declared `pure-read` or `volatile-read` really run where nothing was recorded.
        answers: How a model's answer is found: by the `content` of the conversation, or in recorded `order`.

    Raises:
        WrongTape: the file is no tape.

    Example:
        >>> import whyspan
        >>> tape = {
        ...     "schema": "whyspan.tape/1", "run_id": "4bf92f35", "diagnosis": "The refund was too large.",
        ...     "agent": "support", "ours": True, "given": "Refund order o-17.", "answers": [],
        ...     "rule": {"id": "no-large-refund", "kind": "absence", "a": "e.args.amount > 100", "scope": {"on": ["call"]}},
        ...     "decisive": {"step": 1, "kind": "call", "name": "refund", "says": "refund(amount=400)"},
        ...     "calls": [{"step": 1, "name": "refund", "arguments": {"amount": 400}, "effect": "irreversible", "ours": True}],
        ... }
        >>> @whyspan.tool(effect="irreversible")
        ... def refund(amount: int) -> None:
        ...     raise AssertionError("never really called in a replay")
        >>> @whyspan.agent
        ... def support(task: str) -> None:
        ...     refund(400)
        >>> with replay(tape) as run:
        ...     run.start(support)
        >>> print(run.verdict, run, sep=": ")  # doctest: +ELLIPSIS
        broken: the recorded failure happened again: refund(amount=400)
        ...
    """
    loaded = load(tape)
    player = Player(loaded, dict(tools or {}), reads=reads)
    with ExitStack() as stack:
        captured = stack.enter_context(capture())
        ours = all(answer.ours for answer in loaded.answers)
        url = stack.enter_context(served(Model(player, answers, ours=ours)))
        stack.enter_context(enforcement.replaying(player))
        try:
            yield Replay(player, captured, url)
        except BaseException as error:
            if not player.finished(error):
                raise
        else:
            player.finished(None)


def _parameters(agent: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(agent).parameters
    except (TypeError, ValueError):  # some builtins have none
        return {}


def _call(agent: Callable[..., Any], given: Any) -> "partial[Any]":
    """The agent with its arguments by name where the recording has them so, else with the one text it was given."""
    if isinstance(given, Mapping) and given and set(given) <= set(_parameters(agent)):
        return partial(agent, **given)
    return partial(agent, given)


def _function(name: str, calls: Sequence[Called]) -> Callable[..., Any]:
    """A function in the place of a recorded tool; arguments without a name get those of the first recorded call."""
    names = list(calls[0].arguments) if isinstance(calls[0].arguments, Mapping) else []
    declared = {semconv.TOOL_NAME: name, semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL}
    if calls[0].effect:
        declared[semconv.TOOL_EFFECT] = calls[0].effect

    def recorded(*args: Any, **kwargs: Any) -> Any:
        with Tool(declared, {**dict(zip(names, args, strict=False)), **kwargs}, runs="function") as call:
            if call.instead is None:
                raise RuntimeError(f"{name} is on the tape only; call it inside of `with replay(...)`")
            return call.instead.value

    return recorded
