"""An agent: the root of a run, or a sub-agent within one."""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, overload

from whyspan import enforcement, runtime, semconv
from whyspan.faults import contained
from whyspan.memory import Memory
from whyspan.messages import text_message
from whyspan.rules.events import Event, On
from whyspan.runtime import Run, Scope
from whyspan.semconv import Kind
from whyspan.spans import CallSpan, Sendable, named, sendable
from whyspan.values import is_a, is_data, listed, mapped, to_json, to_text
from whyspan.wrapping import P, R, trace


@dataclass(frozen=True, slots=True)
class _Settings:
    """What is known about an agent before it is called; see `agent`."""

    name: str | None = None
    task: str | None = None
    constraints: Sequence[str] = ()
    session: str | None = None
    user: str | None = None
    version: str | None = None
    run_id: str | None = None
    versions: Mapping[str, str] | None = None
    budget: Mapping[str, float] | None = None
    tags: Sequence[str] = ()


class Agent(CallSpan):
    """One invocation of an agent, as a `with` block; or, called with a function, the decorator of an agent."""

    kind = Kind.AGENT
    result_key = semconv.OUTPUT_MESSAGES

    def __init__(self, settings: _Settings, received: object = None) -> None:
        super().__init__()
        self._settings = settings
        self._received = settings.task if received is None else received
        self._run_id: str | None = None
        self._outermost = True

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function as an agent: every call is a run, or a part of the run it is called in."""
        settings = replace(self._settings, name=self._settings.name or to_text(getattr(function, "__name__", "agent")))

        def begin(arguments: dict[str, Any]) -> Agent:
            data = {name: value for name, value in arguments.items() if is_data(value)}
            received = next(iter(data.values())) if len(data) == 1 else data or None
            task = _task_of(arguments) if settings.task is None else settings.task
            return Agent(replace(settings, task=task), received)

        return trace(function, begin)

    @property
    def name(self) -> str:
        """The agent's name."""
        return self._settings.name or "agent"

    @property
    def run_id(self) -> str | None:
        """Id of the run this agent works in; None while nothing is recorded."""
        return self._run_id if self.span else None

    def _start(self) -> None:
        """Starts the span, and with it a run unless one is already under way."""
        outer = runtime.scope()
        self._outermost = outer is None
        given = self._settings.run_id
        own = None if given is None else to_text(given)
        self._run_id = outer.run.run_id if outer else own or runtime.carried_run_id() or str(uuid.uuid4())
        super()._start()
        if self.span is not None:
            run = outer.run if outer else Run(self._run_id, self.span, Memory())
            inherited = outer.constraints if outer else runtime.carried_constraints()
            self._scope = Scope(run, self.name, (*inherited, *map(to_text, listed(self._settings.constraints))))

    def __enter__(self) -> Self:
        super().__enter__()
        guard = enforcement.current() if self._outermost else None  # what a sub-agent is given, its model is told
        if guard is not None:
            with contained:
                settings = self._settings
                terms = {"constraints": listed(settings.constraints), "budget": mapped(settings.budget)}
                said = "" if self._received is None else to_text(self._received)
                task = "" if settings.task is None or settings.task == said else f"{to_text(settings.task)}\n"
                guard.happened(Event(On.TASK, agent=self.name, args=enforcement.plain(terms), text=task + said))
        return self

    def set_result(self, value: object) -> None:
        """Records the agent's answer; a decorated function does this itself. Raises GuardBlocked where a rule forbids it."""
        guard = enforcement.current()
        if guard is not None and self._outermost:
            guard.before(Event(On.ANSWER, agent=self.name, text=to_text(value)))
        super().set_result(value)

    def _name(self) -> str:
        return named(semconv.OPERATION_INVOKE_AGENT, self.name)

    def _attributes(self) -> Sendable:
        settings = self._settings
        attributes = {
            semconv.OPERATION_NAME: semconv.OPERATION_INVOKE_AGENT,
            semconv.AGENT_NAME: self.name,
            semconv.AGENT_VERSION: settings.version,
            semconv.RUN_ID: self._run_id,
            semconv.RUN_TASK: settings.task,
            semconv.RUN_CONSTRAINTS: listed(settings.constraints) or None,
            semconv.RUN_VERSIONS: to_json(versions) if (versions := mapped(settings.versions)) else None,
            semconv.RUN_FINGERPRINT: self._fingerprint(),
            semconv.RUN_BUDGET: to_json(budget) if (budget := mapped(settings.budget)) else None,
            semconv.RUN_TAGS: listed(settings.tags) or None,
            semconv.CONVERSATION_ID: settings.session,
            semconv.USER_ID: settings.user,
            semconv.INPUT_MESSAGES: None if self._received is None else text_message("user", to_text(self._received)),
        }
        return sendable(attributes)

    def _fingerprint(self) -> str | None:
        settings = self._settings
        versions = mapped(settings.versions)
        if settings.version is None and not versions:
            return None
        version = "" if settings.version is None else to_text(settings.version)
        made_of = {**versions, "agent": f"{self.name} {version}"}
        return hashlib.sha256(to_json(sorted(made_of.items())).encode()).hexdigest()[:16]

    def _result(self, value: object, result: str) -> str:
        return text_message("assistant", to_text(value if is_a(value, str) else result), finish_reason="stop")


@overload
def agent(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def agent(
    name: str | None = None,
    /,
    *,
    task: str | None = None,
    constraints: Sequence[str] = (),
    session: str | None = None,
    user: str | None = None,
    version: str | None = None,
    run_id: str | None = None,
    versions: Mapping[str, str] | None = None,
    budget: Mapping[str, float] | None = None,
    tags: Sequence[str] = (),
) -> Agent: ...
def agent(  # noqa: PLR0913 - each one is a fact about the run, all optional and by name
    name: Callable[P, R] | str | None = None,
    /,
    *,
    task: str | None = None,
    constraints: Sequence[str] = (),
    session: str | None = None,
    user: str | None = None,
    version: str | None = None,
    run_id: str | None = None,
    versions: Mapping[str, str] | None = None,
    budget: Mapping[str, float] | None = None,
    tags: Sequence[str] = (),
) -> Callable[P, R] | Agent:
    """Records an agent: a decorator, with or without arguments, or a `with` block.

    The outermost agent is the root of a run; agents called inside it belong to the same run. The arguments of a
    decorated function are the agent's input as far as they are data; a client it works with is not.

    Args:
        name: The agent's name; the function's name by default.
        task: What the agent is asked to do. A decorated function's argument `task`, or its first text, by default.
        constraints: What the agent must or must not do, one sentence each.
        session: Id of the conversation the run belongs to.
        user: Id of the user the agent works for.
        version: Version of the agent.
        run_id: Your own id for the run, where several processes take part in it; a new UUID by default.
        versions: What else the run is made of, name to version: prompts, tools, models. With the agent's own version
            they make the run's fingerprint, which is the same for runs of the same make.
        budget: What the run may use up, unit to amount: `{"usd": 0.5, "model_calls": 20}`.
        tags: Labels of your own.

    Example:
        >>> @agent
        ... def support(task: str) -> str:
        ...     return "done"
        >>> with agent("support", task="refund order 17", constraints=["ask before sending money"]) as run:
        ...     run.set_result("refunded")
    """
    if callable(name):
        return Agent(_Settings())(name)
    known = None if name is None else to_text(name)
    return Agent(_Settings(known, task, constraints, session, user, version, run_id, versions, budget, tags))


def _task_of(arguments: dict[str, Any]) -> str | None:
    if is_a(task := arguments.get("task"), str):
        return task
    return next((value for value in arguments.values() if is_a(value, str)), None)
