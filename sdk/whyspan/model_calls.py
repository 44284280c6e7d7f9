"""A model call: one request to a model and its answer, recorded in OpenTelemetry's GenAI form."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from opentelemetry.trace import Span, SpanKind

from whyspan import enforcement, semconv
from whyspan.faults import contained
from whyspan.messages import messages_json, text_message, texts_of, tool_calls_of
from whyspan.rules.events import Event, On
from whyspan.semconv import Kind
from whyspan.spans import ActiveSpan, Attributes, Sendable, named, sendable
from whyspan.values import QUOTE_LIMIT, TEXT_LIMIT, cut, is_a, listed, mapped, to_json, to_text


@dataclass(frozen=True, slots=True)
class Prompt:
    """The template a request was made from.

    Example:
        >>> prompt = Prompt("refund", version="7", variables={"customer": "Ada"})
    """

    name: str
    version: str | None = None
    variables: Mapping[str, Any] | None = None
    """What was put into it."""


class ModelCall(ActiveSpan):
    """One request to a model, as a `with` block; see `model_call`."""

    kind = Kind.MODEL_CALL
    otel_kind = SpanKind.CLIENT

    def __init__(  # noqa: PLR0913 - the parts of a request, by name
        self,
        model: str,
        *,
        messages: object = None,
        tools: Sequence[Mapping[str, Any]] = (),
        parameters: Mapping[str, Any] | None = None,
        provider: str | None = None,
        prompt: Prompt | None = None,
    ) -> None:
        super().__init__()
        self._prompt = prompt
        self._began = time.monotonic()
        self._chunks: list[str] = []
        self._streamed = 0
        self._answered = False
        self._model = model
        self._messages = messages
        self._tools = tools
        self._parameters = parameters
        self._provider = provider

    def respond(
        self,
        message: object,
        *,
        finish_reason: str = "stop",
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        model: str | None = None,
    ) -> None:
        """Records the model's answer.

        Args:
            message: Text, or a message with `content`, `reasoning`, `tool_calls` as clients have it, or a list of them.
            finish_reason: Why the model stopped: `stop`, `tool_call`, `length`, `content_filter` or the provider's word.
            input_tokens: Tokens of the request as the provider counted them.
            output_tokens: Tokens of the answer, likewise.
            model: The model that answered, where it is not the one asked for.
        """
        with contained:
            if not self.recording:
                return
            self._answered = True
            self.set(
                {
                    semconv.OUTPUT_MESSAGES: messages_json(message, finish_reason),
                    semconv.FINISH_REASONS: [finish_reason],
                    semconv.INPUT_TOKENS: input_tokens,
                    semconv.OUTPUT_TOKENS: output_tokens,
                    semconv.RESPONSE_MODEL: model,
                }
            )
            self.remember(message, to_text(message, QUOTE_LIMIT))
        guard = enforcement.current()
        if guard is not None:
            self._judged(guard, message, finish_reason, (input_tokens, output_tokens))

    def __enter__(self) -> Self:
        super().__enter__()
        guard = enforcement.current()
        if guard is not None and self._messages is not None:
            with contained:
                for text in texts_of(json.loads(messages_json(self._messages)), ("system", "user")):
                    guard.happened(Event(On.TOLD, text=text))
        return self

    def _judged(
        self, guard: enforcement.Enforcer, message: object, finish: str, tokens: tuple[int | None, int | None]
    ) -> None:
        """Tells the guard what the model said. Raises GuardBlocked where a rule forbids a tool that does not exist."""
        calls: list[tuple[str, object]] = []
        with contained:
            said = json.loads(messages_json(message, finish))
            names = {name: schema for name, schema in map(_definition, listed(self._tools)) if name}
            event = Event(On.MODEL, to_text(self._model), finish=to_text(finish), schema=names or None)
            event.text = "\n".join(texts_of(said, ("assistant",)))
            event.tokens = sum(each for each in tokens if type(each) is int and abs(each) < 2**53)
            event.offered = frozenset(names) or None
            guard.happened(event)
            calls = [call for call in tool_calls_of(said) if names and call[0] not in names]
        for name, arguments in calls:  # no tool will run, so this is the only moment to say so
            guard.before(Event(On.CALL, name, args=enforcement.plain(arguments)))

    def chunk(self, text: str | None) -> None:
        """Takes a piece of a streamed answer; without `respond()` the pieces together are the answer.

        Clients give None where a piece has no text; it is left out.
        """
        with contained:
            if text is None or not self.recording:
                return
            piece = to_text(text)
            if not self._chunks:
                self.set({semconv.TIME_TO_FIRST_CHUNK: time.monotonic() - self._began})
            if self._streamed <= TEXT_LIMIT:  # one more than fits, so that the whole is cut and says so
                self._chunks.append(piece)
            self._streamed += len(piece)

    def _ending(self, span: Span) -> None:
        if self._chunks and not self._answered:
            streamed = "".join(self._chunks)
            self._quote = cut(streamed, QUOTE_LIMIT)
            span.set_attribute(semconv.OUTPUT_MESSAGES, text_message("assistant", streamed))

    def _name(self) -> str:
        return named(semconv.OPERATION_CHAT, self._model)

    def _attributes(self) -> Sendable:
        parameters = mapped(self._parameters)
        usual = {name: value for name, value in parameters.items() if name in semconv.REQUEST_PARAMETER_NAMES}
        others = {name: value for name, value in parameters.items() if name not in usual}
        attributes = {
            semconv.OPERATION_NAME: semconv.OPERATION_CHAT,
            semconv.PROVIDER_NAME: self._provider,
            semconv.REQUEST_MODEL: self._model,
            semconv.INPUT_MESSAGES: None if self._messages is None else messages_json(self._messages),
            semconv.TOOL_DEFINITIONS: to_json(tools) if (tools := listed(self._tools)) else None,
            semconv.REQUEST_PARAMETERS: to_json(others) if others else None,
            **{semconv.REQUEST_PREFIX + name: value for name, value in usual.items()},
            **({} if self._prompt is None else _told(self._prompt)),
        }
        return sendable(attributes)


def model_call(  # noqa: PLR0913 - the parts of a request, by name
    model: str,
    /,
    *,
    messages: object = None,
    tools: Sequence[Mapping[str, Any]] = (),
    parameters: Mapping[str, Any] | None = None,
    provider: str | None = None,
    prompt: Prompt | None = None,
) -> ModelCall:
    """Records one request to a model, as a `with` block; `respond()` records the answer.

    Args:
        model: The model asked for.
        messages: The conversation as sent: text, or messages as the OpenAI or Anthropic client takes them, or
            OpenTelemetry's form with `parts`.
        tools: The tools offered: `{"name", "description", "parameters"}` each, `parameters` a JSON Schema.
        parameters: `temperature`, `max_tokens`, `seed` and the like.
        provider: Who runs the model: `openai`, `anthropic`, `aws.bedrock`, ...
        prompt: The template the messages were made from.

    A streamed answer is given piece by piece with `chunk()`.

    Example:
        >>> with model_call("gpt-5", messages=[{"role": "user", "content": "2 + 2?"}]) as call:
        ...     call.respond("4", input_tokens=9, output_tokens=1)
    """
    return ModelCall(model, messages=messages, tools=tools, parameters=parameters, provider=provider, prompt=prompt)


def _told(prompt: Prompt) -> Attributes:
    if not is_a(prompt, Prompt):
        return {semconv.PROMPT_NAME: prompt}
    return {
        semconv.PROMPT_NAME: prompt.name,
        semconv.PROMPT_VERSION: prompt.version,
        semconv.PROMPT_VARIABLES: None if prompt.variables is None else to_json(prompt.variables),
    }


def _definition(offered: object) -> tuple[str, Any]:
    """(name, JSON Schema of the parameters) of a tool as clients describe it."""
    described = mapped(offered)
    described = {**described, **mapped(described.get("function"))}
    schema = described.get("parameters") or described.get("input_schema")
    return to_text(described.get("name") or ""), enforcement.plain(schema)
