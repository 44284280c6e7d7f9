"""The life of one span: started, current for the code inside it, ended; whatever happens in between.

Agents, tools, model calls, decisions and handoffs are each a subclass that says what its span carries.
"""

import traceback
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, cast

from opentelemetry import context as otel
from opentelemetry.trace import Span, SpanKind, StatusCode, format_span_id, set_span_in_context

from whyspan import runtime, semconv
from whyspan.faults import contain, contained
from whyspan.semconv import Kind
from whyspan.values import ATTRIBUTE_LIMIT, QUOTE_LIMIT, TEXT_LIMIT, cut, is_a, to_json, to_text

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context

    from whyspan.runtime import Scope

Attributes: TypeAlias = Mapping[str, object]
Sendable: TypeAlias = dict[str, bool | int | float | str | list[str]]


class ActiveSpan:
    """One span while it is recorded: what `with whyspan.tool(...) as span` and its siblings give.

    A handle is evidence: `d.choose("refund", because="...", evidence=[span])` refers to this span.
    """

    kind: ClassVar[Kind]
    otel_kind: ClassVar[SpanKind] = SpanKind.INTERNAL

    def __init__(self) -> None:
        self.span: Span | None = None
        self._quote: str | None = None
        self._scope: Scope | None = None
        self._token: Token[Context] | None = None

    @property
    def span_id(self) -> str | None:
        """The span's id, 16 lower-case hex digits; None when nothing is recorded."""
        return None if self.span is None else format_span_id(self.span.get_span_context().span_id)

    @property
    def quote(self) -> str | None:
        """What came of it, cut to the length of a quote; None as long as nothing has."""
        return self._quote

    @property
    def recording(self) -> bool:
        """True between start and end of a span that somebody will receive."""
        return self.span is not None and self.span.is_recording()

    def __enter__(self) -> Self:
        try:
            self._start()
            self._attach()
        except Exception as error:  # noqa: BLE001 - ours, whatever it is
            contain(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.span is None:
            return
        try:
            try:
                self._detach()
            finally:
                self._end(error)
        except Exception as ours:  # noqa: BLE001 - whatever it is
            contain(ours)

    def start(self) -> None:
        """Starts the span under the current one."""
        with contained:
            self._start()

    def _start(self) -> None:
        tracer = runtime.tracer()
        if tracer is None:
            return
        attributes = self._attributes()
        attributes[semconv.KIND] = self.kind.value
        context = otel.get_current()
        self._scope = runtime.scope(context)
        if self._scope is not None:
            attributes.setdefault(semconv.AGENT_NAME, self._scope.agent)
        self.span = tracer.start_span(self._name(), context, self.otel_kind, attributes)

    @contextmanager
    def current(self) -> Generator[None]:
        """For the time of one step: this is the current span, then the one before it is again."""
        with contained:
            self._attach()
        try:
            yield
        finally:
            with contained:
                self._detach()

    def end(self, error: BaseException | None = None) -> None:
        """Ends the span, as failed when there is an error. A generator closed by its consumer has not failed."""
        if self.span is not None:
            with contained:
                self._end(error)

    def _end(self, error: BaseException | None) -> None:
        span = cast("Span", self.span)
        try:
            if error is not None and not isinstance(error, GeneratorExit):
                _record(error, span)
            self._ending(span)
        finally:
            span.end()

    def set(self, attributes: Attributes) -> None:
        """Sets attributes: texts bounded and sendable, None left out."""
        if self.span is not None and self.span.is_recording():
            self.span.set_attributes(sendable(attributes))

    def remember(self, value: object, said: str) -> None:
        """Keeps what this span returned, in the memory of the run and as the text a quote is taken from."""
        self._quote = cut(said, QUOTE_LIMIT)
        if self._scope is not None and self.span is not None:
            self._scope.run.memory.remember(value, self.span.get_span_context().span_id, self._quote)

    def _attach(self) -> None:
        if self.span is None:
            return
        context = otel.get_current()
        if self._scope is not None and runtime.scope(context) is not self._scope:
            context = runtime.within(self._scope, context)
        self._token = otel.attach(set_span_in_context(self.span, context))

    def _detach(self) -> None:
        if self._token is not None:
            token, self._token = self._token, None
            otel.detach(token)

    def _name(self) -> str:
        """The span's name; few different ones, as OpenTelemetry asks."""
        return self.kind.value

    def _attributes(self) -> Sendable:
        """What is known when the span starts."""
        return {}

    def _ending(self, span: Span) -> None:
        """Records what is known only when the span ends."""


class ReturningSpan(ActiveSpan, ABC):
    """The span of something that gives a value back, so that a decorator can record it."""

    @abstractmethod
    def set_result(self, value: object) -> None:
        """Records what came out; a decorated function does this itself."""

    def admit(self) -> None:
        """Asks the guard in force whether this may happen. Raises GuardBlocked."""

    @property
    def instead(self) -> Any:
        """What is to be used in the place of the call (`.value`); None where the call is made."""
        return None

    def set_partial(self, value: object) -> None:
        """Records what a generator had given when it failed or was closed."""
        self.set_result(value)


class CallSpan(ReturningSpan):
    """The span of a call that is recorded with its result: an agent's, a tool's or a retrieval's."""

    result_key: ClassVar[str]

    def set_result(self, value: object) -> None:
        """Records what the call gave back; a decorated function does this itself."""
        if self.span is None:
            return
        try:
            if self.span.is_recording():
                result = to_json(value)
                self.span.set_attribute(self.result_key, self._result(value, result))
                self.remember(value, to_text(value, QUOTE_LIMIT) if is_a(value, str) else result)
        except Exception as error:  # noqa: BLE001 - ours, whatever it is
            contain(error)

    def _result(self, value: object, result: str) -> str:  # noqa: ARG002 - an agent's answer is made from the value
        """The attribute's text for a result, of which `result` is the JSON."""
        return result


def named(operation: str, what: object) -> str:
    """A span's name in OpenTelemetry's way, the operation before what it is done with."""
    return f"{operation} {what if type(what) is str and len(what) <= QUOTE_LIMIT else to_text(what, QUOTE_LIMIT)}"


def sendable(attributes: Attributes) -> Sendable:
    """Attributes OpenTelemetry takes, whatever the program passed where a text or a number was asked for."""
    sent: Sendable = {}
    for key, value in attributes.items():
        kind = type(value)
        if kind is bool or kind is float or (kind is int and -_INTEGERS <= value < _INTEGERS):  # type: ignore[operator]
            sent[key] = value  # type: ignore[assignment]
        elif kind is list:
            sent[key] = [to_text(item) for item in value]  # type: ignore[attr-defined]
        elif value is not None:
            sent[key] = to_text(value, ATTRIBUTE_LIMIT if kind is str else TEXT_LIMIT)
    return sent


_INTEGERS = 2**63
"""What OTLP can carry as a number."""


def type_of(error: BaseException) -> str:
    """An exception's type as spans name it, with its module unless it is built in."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _record(error: BaseException, span: Span) -> None:
    """What OpenTelemetry's `record_exception` writes, which itself fails on an exception whose `str()` raises."""
    name = type_of(error)
    try:
        message = to_text(str(error))
    except Exception:  # noqa: BLE001 - the host's __str__ may raise anything
        message = "[whyspan: unreadable]"
    span.set_attribute(semconv.ERROR_TYPE, name)
    span.set_status(StatusCode.ERROR, message)
    stacktrace = to_text("".join(traceback.format_exception(error)))
    attributes = {
        semconv.EXCEPTION_TYPE: name,
        semconv.EXCEPTION_MESSAGE: message,
        semconv.EXCEPTION_STACKTRACE: stacktrace,
    }
    span.add_event(semconv.EXCEPTION_EVENT, attributes)
