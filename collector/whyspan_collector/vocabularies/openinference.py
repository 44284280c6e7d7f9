"""OpenInference (semantic conventions 0.1.42): flattened messages, JSON in `input.value` and `output.value`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from whyspan.model import Outcome
from whyspan.semconv import Kind
from whyspan_collector.records import Content, Log, Message, Span
from whyspan_collector.vocabularies import dspy, llama_index
from whyspan_collector.vocabularies.exchanges import exchange, tool_arguments
from whyspan_collector.vocabularies.indexed import unflatten
from whyspan_collector.vocabularies.langchain import is_agent_graph, tool_call_id
from whyspan_collector.vocabularies.lenient import as_text, first, members, parse
from whyspan_collector.vocabularies.messages import message
from whyspan_collector.vocabularies.outcomes import labelled_outcome
from whyspan_collector.vocabularies.tools import definitions
from whyspan_collector.vocabularies.vocabulary import SPAN_NAME, Vocabulary

_KINDS: Final = {
    "llm": Kind.MODEL_CALL,
    "decision": Kind.MODEL_CALL,  # a call to a decision model, not an agent's own decision
    "agent": Kind.AGENT,
    "tool": Kind.TOOL,
    "chain": Kind.STEP,
    "prompt": Kind.STEP,
    "retriever": Kind.RETRIEVAL,
    "reranker": Kind.RETRIEVAL,
    "embedding": Kind.EMBEDDING,
    "guardrail": Kind.GUARD,
    "evaluator": Kind.EVALUATION,
}
# smolagents names an agent's span after the agent and sends the name nowhere else.
_AGENT_RUN: Final = re.compile(r"(?P<agent>[^.\s]+)\.(?:run|run_stream)\Z")
_CREW_TOOL: Final = re.compile(r"name='([^'\\]{1,200})' ")
_HANDOFF: Final = "handoff to "


def read(span: Span, logs: Sequence[Log]) -> Content:  # noqa: ARG001 - the signature is Reader's
    """The conversation from the recorded bodies or from the flattened messages, whichever says more."""
    attributes = span.attributes
    content = exchange(span.kind, attributes.get("input.value"), attributes.get("output.value"))
    tools = unflatten(attributes, "llm.tools")
    content.tool_definitions = (
        definitions([_tool(each) for each in tools])
        or content.tool_definitions
        or definitions(members(attributes.get("llm.invocation_parameters")).get("tools"))
        or definitions(attributes.get("smolagents.tools_names"))
        or definitions(_crew_tools(content.input))
    )
    given = _messages(attributes, "llm.input_messages", "user")
    answered = _messages(attributes, "llm.output_messages", "assistant")
    content.input_messages = _richer(content.input_messages, given, attributes.get("input.value"))
    content.output_messages = _richer(content.output_messages, answered, attributes.get("output.value"))
    if span.kind is Kind.MODEL_CALL:
        dspy.read_calls(content)
        # Bodies that are no JSON, but of which the flattening tells.
        content.input = None if content.input_messages else content.input
        content.output = None if content.output_messages else content.output
    if span.kind is Kind.TOOL and content.arguments is None:
        content.arguments = _arguments(attributes.get("tool.parameters"))
    if documents := unflatten(attributes, "retrieval.documents"):
        content.output = [each.get("document", each) for each in documents if isinstance(each, Mapping)]
    content.outcomes = _outcomes(attributes)
    return content


def refine(span: Span) -> None:
    """Name the agent, the hand-off (input: who passes, output: who gets it) and the tool call where no key does."""
    if is_agent_graph(span, named='"lc_agent_name"' in str(span.attributes.get("metadata", ""))):
        span.kind = Kind.AGENT
    elif span.kind is Kind.AGENT and span.agent is None and (match := _AGENT_RUN.match(span.name)):
        span.agent = match["agent"]
    elif span.kind is Kind.TOOL and "tool.name" not in span.attributes and span.name.startswith(_HANDOFF):
        span.kind = Kind.HANDOFF
        span.agent = span.agent or as_text(span.attributes.get("input.value"))
    elif span.kind is Kind.TOOL and span.tool_call_id is None:
        span.tool_call_id = tool_call_id(span.attributes.get("output.value"))
    dspy.refine(span)
    llama_index.refine(span)


def _crew_tools(given: Any) -> list[str]:
    """The names of the tools CrewAI hands to an agent, which it records as Python's `repr` of its objects."""
    tools = given.get("tools") if isinstance(given, Mapping) else None
    matches = (_CREW_TOOL.match(each) for each in _list(tools) if isinstance(each, str))
    return [match[1] for match in matches if match]


def _tool(element: Any) -> Any:
    """One element of `llm.tools`: its JSON schema, else its flattened members."""
    tool = element.get("tool") if isinstance(element, Mapping) else None
    return first(tool, "json_schema") or tool if isinstance(tool, Mapping) else tool


def _messages(attributes: Mapping[str, Any], prefix: str, role: str) -> list[Message]:
    """The messages under a prefix; one whose role was dropped gets the usual one of its side."""
    found = []
    for element in unflatten(attributes, prefix):
        if isinstance(element, Mapping):
            inner = element.get("message")
            each = message(_flat(inner if isinstance(inner, Mapping) else {}, element, role))
            if each is not None:
                found.append(each)
    return found


def _flat(inner: Mapping[str, Any], element: Mapping[str, Any], role: str) -> dict[str, Any]:
    """An unflattened message in OpenAI's form."""
    blocks = [_block(each) for each in _list(inner.get("contents")) if isinstance(each, Mapping)]
    # AutoGen sends tool answers as JSON beside the message.
    blocks += [{"type": "tool_result", **members(each)} for each in _list(element.get("function"))]
    calls = [each.get("tool_call") for each in _list(inner.get("tool_calls")) if isinstance(each, Mapping)]
    content = inner.get("content")
    if blocks and content is not None and not any(block.get("type") == "text" for block in blocks):
        blocks.append({"type": "text", "text": content})
    usual = "tool" if "tool_call_id" in inner else "assistant" if calls else role
    return {
        "role": inner.get("role") or usual,
        "content": blocks or content,
        "tool_calls": calls,
        "tool_call_id": inner.get("tool_call_id"),
        "name": inner.get("name"),
        "thought": element.get("thought"),
    }


def _block(entry: Mapping[str, Any]) -> dict[str, Any]:
    content, call = entry.get("message_content"), entry.get("tool_call")
    if isinstance(call, Mapping):
        return {**call, "type": "tool_use"}
    return dict(content) if isinstance(content, Mapping) else {"type": "other", "value": content}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _richer(recorded: list[Message], flattened: list[Message], sent: Any) -> list[Message]:
    """The form of the conversation that says more.

    The recorded body has what the flattening loses (reasoning, error marks); the flattened one survives a body that was
    cut off, or comes without the system instructions. A body that is no JSON is a text made for people.
    """
    if flattened and isinstance(parse(sent), str):
        return flattened
    return flattened if _said(flattened) > _said(recorded) else recorded


def _said(conversation: list[Message]) -> int:
    return sum(part.type != "other" for each in conversation for part in each.parts)


def _arguments(value: Any) -> Any:
    """`tool.parameters` where it holds arguments; half of the instrumentations put the schema there."""
    found = tool_arguments(value)
    if isinstance(found, Mapping) and (
        "properties" in found or all(isinstance(each, Mapping) for each in found.values())
    ):
        return None
    return found


def _outcomes(attributes: Mapping[str, Any]) -> list[Outcome]:
    checks = (each.get("evaluation") for each in unflatten(attributes, "evaluations") if isinstance(each, Mapping))
    found = (
        labelled_outcome(check.get("label"), check.get("name"), check.get("explanation"))
        for check in checks
        if isinstance(check, Mapping)
    )
    return [outcome for outcome in found if outcome is not None]


VOCABULARY: Final = Vocabulary(
    name="openinference",
    kinds={"openinference.span.kind": _KINDS},
    columns={
        "operation": ("openinference.span.kind",),
        "agent": ("agent.name", "graph.node.id", "metadata#lc_agent_name", "metadata#langgraph_node"),
        "agent_id": ("agent.id",),
        "tool": ("tool.name",),
        "tool_call_id": ("tool.id", "tool_call.id"),
        "request_model": (
            "llm.request.model_name",
            "llm.invocation_parameters#model",
            "llm.model_name",
            "embedding.model_name",
            "reranker.model_name",
        ),
        "response_model": ("llm.response.model_name", "llm.model_name"),
        "provider": ("llm.provider", "llm.system"),
        "finish_reason": ("llm.finish_reason",),
        "input_tokens": ("llm.token_count.prompt",),
        "output_tokens": ("llm.token_count.completion",),
        "cache_read_tokens": ("llm.token_count.prompt_details.cache_read",),
        "cache_write_tokens": ("llm.token_count.prompt_details.cache_write",),
        "reasoning_tokens": ("llm.token_count.completion_details.reasoning",),
        "cost": ("llm.cost.total",),
        "session_id": ("session.id", "metadata#thread_id"),
        "user_id": ("user.id", "metadata#user_id"),
        "tags": ("tag.tags",),
    },
    titles={Kind.TOOL: ("tool", SPAN_NAME)},
    content_keys=(
        "input.value",
        "output.value",
        "input.mime_type",
        "output.mime_type",
        "llm.input_messages.",
        "llm.output_messages.",
        "llm.tools.",
        "llm.invocation_parameters",
        "tool.parameters",
        "retrieval.documents.",
        "evaluations.",
        "smolagents.tools_names",
    ),
    known=(
        "agno.",
        "crew_agents",
        "crew_id",
        "crew_inputs",
        "crew_key",
        "crew_tasks",
        "embedding.",
        "graph.node.",
        "llm.cost.",
        "llm.prompt_template.",
        "llm.prompts.",
        "llm.token_count.completion_details.audio",
        "llm.token_count.prompt_details.audio",
        "llm.token_count.total",
        "openinference.",
        "reranker.",
        "smolagents.",
        "task_id",
        "task_key",
        "tool.cache_function",
        "tool.current_usage_count",
        "tool.description",
        "tool.description_updated",
        "tool.json_schema",
        "tool.result_as_answer",
    ),
    read=read,
    refine=refine,
)
