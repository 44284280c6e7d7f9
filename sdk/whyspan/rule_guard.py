"""Rules enforced while the agent runs: every call is looked at before it happens, every result before it is used.

What the guard knows of a run is what the run's own spans tell it, through the same events the analysis reads from storage.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from whyspan import enforcement, runtime, semconv
from whyspan.enforcement import Enforcer, GuardBlocked, Substitute
from whyspan.faults import contain, logger
from whyspan.rules.evaluation import Evaluation, Violation
from whyspan.rules.events import Event, On
from whyspan.rules.rule import CompiledRule, GuardAction, RuleStatus
from whyspan.semconv import Kind, Verdict
from whyspan.spans import ActiveSpan, Sendable, named, sendable
from whyspan.values import to_json, to_text

if TYPE_CHECKING:
    from contextvars import Token

MAX_RUNS: Final = 1_000
"""Runs whose history is kept at a time; of more, the one that began first is forgotten."""
_OF_VALUES: Final = frozenset({"label", "seen", "taint", "invented", "foreign"})
"""Functions that need the values of the run indexed."""
_GRAVITY: Final = (GuardAction.BLOCK, GuardAction.ASK, GuardAction.DRY_RUN, GuardAction.WARN, GuardAction.ALLOW)
"""Of several rules a call breaks, the gravest decides."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call that needs somebody's consent."""

    rule: str
    what: str
    arguments: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody said to a request; the audit trail names them."""

    given: bool
    by: str | None = None
    """Who, by name or role."""
    because: str | None = None


Ask: TypeAlias = Callable[[Request], bool | Consent]
DryRun: TypeAlias = Callable[..., Any]


class _VerdictSpan(ActiveSpan):
    """One verdict of one rule."""

    kind = Kind.GUARD

    def __init__(self, violation: Violation, verdict: Verdict, action: str, reason: str, who: str | None) -> None:
        super().__init__()
        self._violation, self._verdict, self._action, self._reason, self._who = violation, verdict, action, reason, who

    def _name(self) -> str:
        return named("guard", self._violation.rule.rule.id)

    def _attributes(self) -> Sendable:
        event = self._violation.event
        attributes = {
            semconv.GUARD_NAME: self._violation.rule.rule.id,
            semconv.GUARD_VERDICT: self._verdict.value,
            semconv.GUARD_REASON: self._reason,
            semconv.GUARD_ACTION: self._action,
            semconv.HUMAN_NAME: self._who,
            semconv.GUARD_CHECKED: to_json({"event": event.kind, "name": event.name, "args": event.args})
            if event
            else None,
        }
        return sendable(attributes)


class RuleGuard:
    """Rules in force, in a `with` block or, after `start()`, in the whole process; see `whyspan.guard`."""

    def __init__(
        self,
        rules: Sequence[CompiledRule],
        *,
        ask: Ask | None = None,
        dry_run: Mapping[str, DryRun] | None = None,
        seconds: float = enforcement.BUDGET_SECONDS,
    ) -> None:
        self._rules = tuple(rules)
        used = [each.uses for rule in self._rules for each in (rule.a, rule.b) if each is not None]
        self._reads = any(_OF_VALUES & uses for uses in used)
        self._ask = ask
        self._dry_run = dict(dry_run or {})
        self._seconds = seconds
        self._runs: OrderedDict[str, tuple[Evaluation, float]] = OrderedDict()
        self._lock = Lock()
        self._token: Token[Enforcer | None] | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules in force."""
        return tuple(rule.rule.id for rule in self._rules)

    def __enter__(self) -> Self:
        self._token = enforcement.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            token, self._token = self._token, None
            enforcement.leave(token)

    def start(self) -> None:
        """Guards the whole process from now on, wherever no `with` block says otherwise."""
        enforcement.everywhere(self)

    def stop(self) -> None:
        """Ends what `start()` began."""
        enforcement.nowhere(self)

    def happened(self, event: Event) -> None:
        """Something happened that nobody can stop any more; rules that it breaks are recorded."""
        for violation in self._observed(event):
            _record(violation, Verdict.PASS, GuardAction.ALLOW, violation.rule.rule.message)

    def _observed(self, event: Event) -> list[Violation]:
        try:
            with self._lock:
                evaluation = self._placed(event)
                broken = evaluation.observe(event)
                if self._reads:  # now, and not in the time the next call has
                    evaluation.history.read()
        except Exception as error:  # noqa: BLE001 - ours, whatever it is
            contain(error)
            return []
        return broken

    def before(self, event: Event) -> Substitute | None:
        """Something is about to happen, or a result to be handed on. Gives what to use in the place of a call.

        Returns:
            None where it may happen, and for results, which happened whatever becomes of them.

        Raises:
            GuardBlocked: it must not.
        """
        if event.kind == On.RESULT:
            return self._judge(event, self._observed(event))
        try:
            with self._lock:
                evaluation = self._placed(event)
                trial = evaluation.consider(event, time.thread_time() + self._seconds)
        except Exception as error:  # noqa: BLE001 - ours, whatever it is: open rules let it through, closed ones do not
            self._failed(event, error)
            return None
        for rule in trial.skipped:
            logger.debug(
                "whyspan: rule %s was skipped, the rules before it took longer than %.3f s", rule, self._seconds
            )
        substitute = self._judge(event, trial.violations)
        if substitute is None:
            with self._lock:
                evaluation.commit(trial)
        return substitute

    def _placed(self, event: Event) -> Evaluation:
        """The evaluation of the run the calling code is in; completes the event. The caller holds the lock."""
        scope = runtime.scope()
        key = scope.run.run_id if scope is not None else ""
        event.agent = event.agent or (scope.agent if scope is not None else "")
        now = time.monotonic()
        if key not in self._runs:
            self._runs[key] = (Evaluation(self._rules), now)
            if len(self._runs) > MAX_RUNS:
                self._runs.popitem(last=False)
        evaluation, began = self._runs[key]
        event.seconds = now - began
        return evaluation

    def _failed(self, event: Event, error: Exception) -> None:
        closed = next((rule.rule for rule in self._rules if rule.rule.closed and rule.rule.scope.holds(event)), None)
        if closed is not None and closed.status is not RuleStatus.SHADOW:
            raise GuardBlocked(_what(event), closed.id, f"the rules could not be checked ({error})") from error
        contain(error)

    def _judge(self, event: Event, violations: Sequence[Violation]) -> Substitute | None:
        enforced = [v for v in violations if v.rule.rule.status is not RuleStatus.SHADOW]
        for violation in violations:
            if violation not in enforced:
                _record(violation, Verdict.PASS, "shadow", violation.rule.rule.message)
        enforced.sort(key=lambda violation: _GRAVITY.index(_action(violation)))
        for number, violation in enumerate(enforced):
            if number > 0 and _action(violation) not in (GuardAction.WARN, GuardAction.ALLOW):
                continue
            substitute = self._act(event, violation)
            if substitute is not None:
                return substitute
        return None

    def _act(self, event: Event, violation: Violation) -> Substitute | None:
        rule, action, what = violation.rule.rule, _action(violation), _what(event)
        reason = rule.message or f"the rule {rule.id} does not allow it"
        if violation.unchecked:
            reason = f"it could not be checked; {reason}"
        if action is GuardAction.WARN:
            logger.warning("whyspan: %s breaks the rule %s: %s", what, rule.id, reason)
        if action in (GuardAction.WARN, GuardAction.ALLOW):
            _record(violation, Verdict.PASS, action, reason)
            return None
        if (
            action is GuardAction.DRY_RUN
            and event.name in self._dry_run
            and event.kind == On.CALL
            and event.runs != "block"
        ):
            substitute = Substitute(_substituted(self._dry_run[event.name], event.args))
            _record(violation, Verdict.CHANGE, action, reason)
            return substitute
        who = None
        if action is GuardAction.ASK and self._ask is not None:
            said = _consent(self._ask(Request(rule.id, what, event.args, reason)))
            who, reason = said.by, f"{reason} {_said(said)}"
            if said.given is True:
                _record(violation, Verdict.PASS, action, reason, who)
                return None
        _record(violation, Verdict.BLOCK, action, reason, who)
        raise GuardBlocked(what, rule.id, reason, done="handed on" if event.kind == On.RESULT else "carried out")


def _action(violation: Violation) -> GuardAction:
    if violation.unchecked:  # a result cannot be asked about what only calls have: its call was
        result = violation.event is not None and violation.event.kind == On.RESULT
        return GuardAction.ALLOW if result else GuardAction.BLOCK
    return violation.rule.rule.guard


def _what(event: Event) -> str:
    if event.kind == On.RESULT:
        return f"the result of {event.name}" if event.ok else f"the error of {event.name} ({event.error})"
    return {On.ANSWER: "the answer", On.HANDOFF: f"the handoff to {event.name}"}.get(On(event.kind), event.name)


def _substituted(dry_run: DryRun, arguments: Any) -> Any:
    return dry_run(**arguments) if isinstance(arguments, dict) else dry_run(arguments)


def _consent(said: object) -> Consent:
    """What a callback gave; whatever is neither True nor a Consent is no consent."""
    return said if isinstance(said, Consent) else Consent(said is True)


def _said(said: Consent) -> str:
    answer = "agreed" if said.given is True else "did not agree"
    because = "" if said.because is None else f": {to_text(said.because)}"
    return f"{'Somebody' if said.by is None else to_text(said.by)} was asked and {answer}{because}."


def _record(violation: Violation, verdict: Verdict, action: str, reason: str, who: str | None = None) -> None:
    with _VerdictSpan(violation, verdict, str(action), reason, who):
        pass
