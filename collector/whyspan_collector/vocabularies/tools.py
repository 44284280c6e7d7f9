"""The tools offered to a model, in any vendor's spelling, as `{"name", "description"?, "parameters"?}`."""

from collections.abc import Iterable, Mapping
from typing import Any

from whyspan_collector.vocabularies.lenient import as_text, first, parse

_SCHEMAS = (
    "parameters",
    "input_schema",
    "inputSchema",
    "parameters_json_schema",
    "parametersJsonSchema",
    "json_schema",
    "args_schema",
)


def definitions(value: Any) -> list[dict[str, Any]]:
    """The tools in a list, an object or a text that holds either; empty when there are none."""
    value = parse(value)
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        return []
    return list(_named(value))


def _named(tools: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for each in tools:
        tool = parse(each)
        if isinstance(tool, str) and tool:
            yield {"name": tool}
        elif isinstance(tool, Mapping):
            declared = first(tool, "function_declarations", "functionDeclarations")  # Gemini groups its tools
            if isinstance(declared, list):
                yield from (found for one in declared if isinstance(one, Mapping) and (found := _definition(one)))
            elif found := _definition(tool):
                yield found


def _definition(tool: Mapping[str, Any]) -> dict[str, Any] | None:
    inner = first(tool, "function", "toolSpec")
    if isinstance(inner, Mapping):
        tool = inner
    # A provider's own tool ({"type": "web_search"}) has no name but its type.
    name = as_text(first(tool, "name", "type"))
    if name is None:
        return None
    definition: dict[str, Any] = {"name": name}
    if description := as_text(tool.get("description")):
        definition["description"] = description
    schema = parse(first(tool, *_SCHEMAS))
    if isinstance(schema, Mapping):
        wrapped = schema.get("json")  # Bedrock
        definition["parameters"] = wrapped if isinstance(wrapped, Mapping) else schema
    return definition
