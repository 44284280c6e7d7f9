"""DSPy's agents, whoever recorded them: they call tools in fields of a text, not in the way of the model's API."""

import re
from collections.abc import Iterable
from typing import Any, Final

from whyspan.semconv import Kind
from whyspan_collector.records import Content, Message, Span
from whyspan_collector.vocabularies.lenient import as_text, parse, parse_literal
from whyspan_collector.vocabularies.parts import call_part, reasoning_part

_METHOD: Final = ".__call__"
_AGENT: Final = re.compile(r"ReAct(?:\(\w+\))?\.forward\Z")
_FIELD: Final = re.compile(r"\[\[ ## (\w+) ## \]\]\n(.*?)(?=\n*\[\[ ## \w+ ## \]\]|\Z)", re.DOTALL)
_TOOL: Final = re.compile(
    r"\(\d+\) (\w+), whose description is <desc>(.*?)</desc>\. It takes arguments (\{.*\})\.", re.MULTILINE
)


def refine(span: Span) -> None:
    """The agent, which is recorded as a chain, and the bare name of a tool."""
    if span.kind is Kind.STEP and _AGENT.match(span.name):
        span.kind = Kind.AGENT
    elif span.kind is Kind.TOOL and span.tool is None and span.name.endswith(_METHOD):
        span.tool = span.name.removesuffix(_METHOD)


def read_calls(content: Content) -> None:
    """Puts the tool call in a model's text, and the tools in its instructions, where those of other agents are."""
    if not any(_calls(message) for message in content.output_messages):
        return
    content.output_messages = [_called(message) for message in content.output_messages]
    for message in content.input_messages:
        if message.role == "system" and not content.tool_definitions:
            content.tool_definitions = list(_tools("\n".join(part.content for part in message.parts)))


def _calls(message: Message) -> bool:
    return len(message.parts) == 1 and "next_tool_name" in message.parts[0].content


def _called(message: Message) -> Message:
    text = message.parts[0].content if _calls(message) else ""
    fields = parse(text)
    if not isinstance(fields, dict):
        fields = {name: said.strip() for name, said in _FIELD.findall(text)}
    name = as_text(fields.get("next_tool_name"))
    if name is None:
        return message
    call = call_part({"name": name, "arguments": fields.get("next_tool_args")})
    return Message(message.role, [*reasoning_part(fields.get("next_thought")), call], message.finish_reason)


def _tools(instructions: str) -> Iterable[dict[str, Any]]:
    for name, description, arguments in _TOOL.findall(instructions):
        properties = parse_literal(arguments)
        schema = {"type": "object", "properties": properties} if isinstance(properties, dict) else {}
        yield {"name": name, "description": description, **({"parameters": schema} if schema else {})}
