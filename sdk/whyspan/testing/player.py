"""The player: answers an agent's calls from a tape, and looks at each with the rule before it does.

It stands behind whatever guard the agent has of its own: what that guard blocks never reaches it.
"""

import inspect
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import RLock
from typing import Any, Final

from whyspan import runtime
from whyspan.enforcement import Enforcer, GuardBlocked, Substitute, plain
from whyspan.rules.evaluation import Evaluation
from whyspan.rules.events import Event, On
from whyspan.rules.rule import compile_rule
from whyspan.semconv import Effect
from whyspan.testing.tape import Answered, Called, Tape, call_key, canonical, nearest
from whyspan.testing.verdict import AGAIN, ReplayOver, ReplayVerdict
from whyspan.values import QUOTE_LIMIT, cut

_READS: Final = frozenset({Effect.PURE_READ.value, Effect.VOLATILE_READ.value})
Stub = Callable[..., Any]


class Player:
    """One replay of one tape, from the agent's first call to its verdict."""

    def __init__(self, tape: Tape, tools: Mapping[str, Stub], *, reads: bool) -> None:
        self.tape = tape
        self.verdict: ReplayVerdict | None = None
        """None as long as the replay goes on."""
        self.why = ""
        self.steps: list[str] = []
        """What happened, one line each."""
        self.said = ""
        """What the model said last."""
        self.attempts: dict[str, int] = defaultdict(int)
        """Tool -> how often a call of it came here, or was blocked before."""
        self.lock = RLock()
        self._tools, self._reads = tools, reads
        self._evaluation = Evaluation([compile_rule(tape.rule)])
        self._began = time.monotonic()
        self._blocked = ""
        self._handed_over = False
        self._used = 0
        self._recorded: dict[tuple[str, str], deque[Called]] = defaultdict(deque)
        self._awaited: dict[str, int] = defaultdict(int)
        """Tool -> how many of its recorded calls before the decisive one the agent has not made yet."""
        for called in tape.calls:
            self._awaited[called.name] += called.returned and called.step < tape.decisive.step
            if called.returned or called.through:
                self._recorded[call_key(called.name, called.arguments)].append(called)

    def around(self, guard: Enforcer | None) -> Enforcer:
        """This player behind a guard."""
        return _Behind(guard, self)

    # --- what the agent does ----------------------------------------------------------------------------------

    def happened(self, event: Event) -> None:
        """Something happened that nobody could have stopped."""
        with self.lock:
            if self.verdict is None and self._evaluation.observe(self._completed(event)):
                self._end(ReplayVerdict.BROKEN, f"{AGAIN}: {shown(event)}")

    def before(self, event: Event, told: Callable[[Event], object]) -> Substitute | None:
        """Something is about to happen: what the tape says in its place. `told` hears of results. Raises ReplayOver."""
        with self.lock:
            self.look(event)
            if event.kind != On.CALL or not event.runs:
                return None
            called = self._take(event)
        if called is not None and called.through:
            return None
        if event.runs == "block" and (called is not None or event.name not in self._tools):
            self._in_a_block(event)
            return None
        if called is not None:
            result = replace(event, kind=On.RESULT, out=called.result, ok=called.error is None)
            result.error = called.error.get("message", "") if called.error is not None else ""
            told(result)
            if (error := called.raised()) is not None:
                raise error
            return Substitute(called.result)
        if event.name in self._tools:
            return self._by_stub(event, told)
        if not (self._reads and event.effect in _READS):
            self._not_recorded(event)
        return None

    def look(self, event: Event) -> None:
        """Judges what is about to happen. Raises ReplayOver once the verdict is known."""
        with self.lock:
            if self.verdict is not None:
                raise ReplayOver(self.why)
            trial = self._evaluation.consider(self._completed(event))
            self._note(event)
            if trial.violations:
                self._end(ReplayVerdict.BROKEN, f"{AGAIN}: {shown(event)}")
                raise ReplayOver(self.why)
            self._evaluation.commit(trial)

    def blocked(self, event: Event, by: str) -> None:
        """The agent's own guard did not let this happen."""
        with self.lock:
            self.attempts[event.name] += event.kind == On.CALL
            self.steps.append(f"blocked by the rule {by}: {shown(event)}")
            if self._is_there(event.kind, event.name):
                self._blocked = f"the rule {by} did not let it happen: {shown(event)}"

    def hand_over(self) -> None:
        """The agent works with the tools of the tape from now on."""
        self._handed_over = True

    def in_hand(self, name: str) -> bool:
        """Whether a call of this tool would have come here: it is the SDK's, or the agent has the tape's."""
        return self._handed_over or any(called.ours for called in self.tape.calls if called.name == name)

    def declined(self, name: str) -> None:
        """The model asked for the decisive call once more, and the agent went on without making it."""
        with self.lock:
            if self._is_there(On.CALL, name):
                self._blocked = self._blocked or f"the agent did not do what the model asked for: {name}"

    def finished(self, error: BaseException | None) -> bool:
        """The agent is done. True where its error is no more than the end of the replay."""
        with self.lock:
            if self.verdict is not None:
                return error is None or isinstance(error, (ReplayOver, Exception))
            if isinstance(error, GuardBlocked) and self._blocked:
                self._end(ReplayVerdict.KEPT, self._blocked)
                return True
            if error is not None:
                self._end(
                    ReplayVerdict.UNKNOWN, f"the agent raised {type(error).__name__} before anything could be said"
                )
                return False
            if self._is_elsewhere():
                self._end(
                    ReplayVerdict.UNKNOWN, "the agent used nothing that was recorded: is it this one, and led here?"
                )
            elif self._evaluation.finish():
                self._end(
                    ReplayVerdict.BROKEN,
                    f"{AGAIN}: the run ended without what the rule asks for",
                )
            else:
                self._end(ReplayVerdict.KEPT, "the agent ran to its end and did not break the rule")
            return True

    def over(self, why: str) -> None:
        """Nothing that was recorded says how it goes on."""
        with self.lock:
            if self.verdict is None:
                kept = bool(self._blocked)
                self._end(ReplayVerdict.KEPT if kept else ReplayVerdict.UNKNOWN, self._blocked or why)

    def answered(self, answer: Answered) -> None:
        """A model's answer was given from the tape."""
        with self.lock:
            asked = ", ".join(str(call.get("name")) for call in answer.calls)
            self.said = answer.text
            self._used += 1
            self.steps.append(
                f"the model {'asked for ' + asked if asked else 'answered'}, as recorded in step {answer.step}"
            )

    # --- within -----------------------------------------------------------------------------------------------

    def _is_elsewhere(self) -> bool:
        """Whether the agent did nothing at all, or used nothing of a tape that has what it used before it went wrong."""
        before = [called for called in self.tape.calls if called.returned and called.step < self.tape.decisive.step]
        others = [answer for answer in self.tape.answers if not answer.ours]
        return not self.steps or (self._used == 0 and bool(before or others) and not self._blocked)

    def _is_there(self, kind: str, name: str) -> bool:
        """Whether this is where the recorded run went wrong: the same kind of event, after all that came before of that name."""
        return (kind, name) == (self.tape.decisive.kind, self.tape.decisive.name) and not self._awaited[name]

    def _end(self, verdict: ReplayVerdict, why: str) -> None:
        self.verdict, self.why = verdict, why

    def _completed(self, event: Event) -> Event:
        scope = runtime.scope()
        event.agent = event.agent or (scope.agent if scope is not None else "")
        event.seconds = time.monotonic() - self._began
        return event

    def _note(self, event: Event) -> None:
        self.steps.append(shown(event))
        if event.kind == On.CALL:
            self.attempts[event.name] += 1

    def _take(self, event: Event) -> Called | None:
        """What was recorded for an equal call: the first such call gets the first result, and so on; reads get the last one again."""
        waiting = self._recorded.get(call_key(event.name, event.args))
        if not waiting:
            return None
        self._awaited[event.name] -= self._awaited[event.name] > 0
        self._used += 1
        return waiting[0] if len(waiting) == 1 and not event.changes else waiting.popleft()

    def _by_stub(self, event: Event, told: Callable[[Event], object]) -> Substitute:
        stub = self._tools[event.name]
        raw = inspect.unwrap(stub)
        if event.changes and raw is not stub:
            raise ValueError(
                f"tools[{event.name!r}] is the tool itself, which changes something; give a function that stands in for it"
            )
        value = raw(**event.args) if isinstance(event.args, dict) else raw(event.args)
        told(replace(event, kind=On.RESULT, out=plain(value), ok=True))
        return Substitute(value)

    def _in_a_block(self, event: Event) -> None:
        """A `with` block runs what is in it, whatever a replay would give."""
        if self._reads and event.effect in _READS:
            return
        self.over(f"{shown(event)} runs in a `with` block, which a replay cannot replace; make it a decorated function")
        raise ReplayOver(self.why)

    def _not_recorded(self, event: Event) -> None:
        """A call nobody knows the result of. Where it takes the place of the one that went wrong, the rule has seen enough."""
        with self.lock:
            if self._is_there(event.kind, event.name):
                self._end(ReplayVerdict.KEPT, f"the agent now does {shown(event)} instead, which the rule allows")
                raise ReplayOver(self.why)
            like = nearest(shown(event), (of_called(each) for each in self.tape.calls if each.returned))
            hint = f"; the nearest recorded call is {like}" if like else ""
            how = ", or allow reads with reads=True" if event.effect in _READS else ""
            self.over(
                f"{shown(event)} was never recorded{hint}. Say what it returns with tools={{{event.name!r}: ...}}{how}"
            )
            raise ReplayOver(self.why)


class _Behind:
    """A player behind the guard that the calling code works under, if any."""

    def __init__(self, guard: Enforcer | None, player: Player) -> None:
        self._guard, self._player = guard, player

    def happened(self, event: Event) -> None:
        """Tells both."""
        if self._guard is not None:
            self._guard.happened(replace(event))
        self._player.happened(event)

    def before(self, event: Event) -> Substitute | None:
        """Asks the guard, then the tape. Raises GuardBlocked, ReplayOver, or what the tool raised when it was recorded."""
        try:
            instead = None if self._guard is None else self._guard.before(event)
        except GuardBlocked as blocked:
            self._player.blocked(event, blocked.rule)
            raise
        if instead is not None:
            return instead
        if event.kind == On.RESULT:
            self._player.happened(event)
            return None
        return self._player.before(event, self.before)


def shown(event: Event) -> str:
    """An event in a few words: `refund(order="o-17")`, or the answer."""
    if event.kind == On.ANSWER:
        return f"the answer {cut(event.text, QUOTE_LIMIT)!r}"
    if event.kind in (On.CALL, On.RESULT):
        return of_call(event.name, event.args)
    return f"{event.kind} {event.name}".strip()


def of_called(called: Called) -> str:
    """The same for a recorded call."""
    return of_call(called.name, called.arguments)


def of_call(name: str, arguments: Any) -> str:
    """A call as it would be written."""
    if isinstance(arguments, dict):
        return cut(f"{name}({', '.join(f'{key}={canonical(value)}' for key, value in arguments.items())})", QUOTE_LIMIT)
    return cut(f"{name}({canonical(arguments) if arguments is not None else ''})", QUOTE_LIMIT)
