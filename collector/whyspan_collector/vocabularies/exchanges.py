"""A span's whole input and whole output, each recorded as one value: what is in them depends on the span's kind."""

from collections.abc import Mapping
from typing import Any

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Message, Part
from whyspan_collector.vocabularies.bodies import request_messages, request_tools, response_messages
from whyspan_collector.vocabularies.lenient import first, parse, parse_literal
from whyspan_collector.vocabularies.messages import message, messages, new_since
from whyspan_collector.vocabularies.parts import response_part


def exchange(kind: Kind, given: Any, returned: Any) -> Content:
    """The content of a span from its recorded input and output; None stands for not recorded."""
    if kind is Kind.TOOL:
        return Content(arguments=tool_arguments(given), result=tool_result(returned))
    if kind is Kind.MODEL_CALL:
        return _model_call(given, returned)
    content = Content()
    content.input_messages, content.input = _conversation(given)
    content.output_messages, content.output = _conversation(returned)
    return with_history_as_input(content)


def tool_arguments(value: Any) -> Any:
    """A tool's arguments without the frameworks' wrapping; a bare text stays one (LangChain, tools of one argument)."""
    value = parse_literal(value)
    if not isinstance(value, Mapping):
        return value
    if "input_str" in value:  # Traceloop on LangChain
        return first(value, "inputs", "input_str")
    keywords = value.get("kwargs")
    positional = value.get("args", [] if len(value) == 1 else None)
    if isinstance(keywords, Mapping) and isinstance(positional, list):  # smolagents, Traceloop; LlamaIndex, DSPy
        if not positional:
            return keywords
        return {"args": positional, **keywords} if keywords else positional
    return value


def tool_result(value: Any) -> Any:
    """A tool's result without the frameworks' wrapping."""
    value = parse_literal(value)  # Agno, LlamaIndex
    if not isinstance(value, Mapping):
        return value
    if "raw_input" in value and "raw_output" in value:  # LlamaIndex
        return parse_literal(value["raw_output"])
    if "kwargs" in value and "output" in value:  # Traceloop on LangChain
        value = parse(value["output"])
    answer = message(value)
    if answer is not None and answer.role == "tool" and len(answer.parts) == 1:  # LangChain
        return answer.parts[0].value
    if isinstance(value, Mapping) and set(value) == {"id", "name", "response"}:  # ADK
        answered = response_part(value).value
        return parse(answered["result"]) if isinstance(answered, Mapping) and set(answered) == {"result"} else answered
    return value


def with_history_as_input(content: Content) -> Content:
    """Move what an output repeats of the conversation to where it belongs: the input.

    LangGraph's and CrewAI's outputs carry the whole conversation. The messages that the input already has are taken
    off; where no input was recorded, the messages before the first answer are the input.
    """
    said = new_since(content.input_messages, content.output_messages)
    if not content.input_messages:
        start = next((index for index, each in enumerate(said) if each.role not in ("system", "user")), 0)
        content.input_messages, said = said[:start], said[start:]
    content.output_messages = said
    return content


def _model_call(given: Any, returned: Any) -> Content:
    content = Content(
        input_messages=request_messages(given),
        tool_definitions=request_tools(given),
        output_messages=response_messages(returned),
    )
    if not content.input_messages:
        content.input_messages, content.input = _spoken(given, "user")
    if not content.output_messages:
        content.output_messages, content.output = _spoken(returned, "assistant")
    return content


def _spoken(value: Any, role: Any) -> tuple[list[Message], Any]:
    """A bare text that was sent to a model, or came from it, as a message; anything else stays what it is."""
    value = parse(value)
    if isinstance(value, str) and value:
        return [Message(role, [Part("text", content=value)])], None
    return [], value


def _conversation(value: Any) -> tuple[list[Message], Any]:
    """The messages in a step's input or output, and what else was in it."""
    value = parse(value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        found = messages(value) if isinstance(value, list) else []
        return found, None if found else value
    if "kwargs" in value and ("inputs" in value or "outputs" in value):  # Traceloop on LangChain
        return _conversation(first(value, "inputs", "outputs"))
    if isinstance(value.get("update"), Mapping) and "goto" in value:  # LangGraph's Command
        return _conversation(value["update"])[0], _others(value, "update")
    if found := messages(value.get("messages")):
        return found, _others(value, "messages")
    found = request_messages(value) or response_messages(value)
    if not found and "new_message" in value:  # ADK
        found = messages(value["new_message"])
    return found, None if found else value


def _others(value: Mapping[str, Any], taken: str) -> Any:
    """The members beside the messages that say anything, None when there is none."""
    return {
        name: member for name, member in value.items() if name != taken and member not in (None, [], {}, "")
    } or None
