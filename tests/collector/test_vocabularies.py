"""Single facts of single vocabularies, with attributes as they were recorded, and what happens where two meet."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import whyspan
from whyspan.model import Outcome
from whyspan.semconv import Kind
from whyspan.testing import capture
from whyspan_collector.otlp import decode
from whyspan_collector.records import Content, Log, Message, Part, Span
from whyspan_collector.vocabularies import content, fill_columns, understood


def span_of(attributes: Mapping[str, Any], **fields: Any) -> Span:
    given = {"name": "a span", "status": "unset", **fields}
    span = Span(
        "0" * 32, "1" * 16, None, otel_kind="internal", start_ns=1, end_ns=2, attributes=dict(attributes), **given
    )
    fill_columns(span)
    return span


def content_of(attributes: Mapping[str, Any], **fields: Any) -> Content:
    return content(span_of(attributes, **fields))


def parts_of(messages: list[Message]) -> list[tuple[str, str, str]]:
    """(role, part type, what it says) of every part."""
    return [(each.role, part.type, part.name or part.content) for each in messages for part in each.parts]


# --- columns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.operation.name": "chat"}, Kind.MODEL_CALL),
        ({"gen_ai.operation.name": "invoke_agent"}, Kind.AGENT),
        ({"gen_ai.operation.name": "create_agent"}, Kind.STEP),
        ({"gen_ai.operation.name": "goto"}, Kind.HANDOFF),
        ({"gen_ai.operation.name": "dream"}, Kind.STEP),
        ({"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini"}, Kind.MODEL_CALL),
        ({"openinference.span.kind": "DECISION"}, Kind.MODEL_CALL),
        ({"openinference.span.kind": "GUARDRAIL"}, Kind.GUARD),
        ({"openinference.span.kind": "EVALUATOR"}, Kind.EVALUATION),
        ({"traceloop.span.kind": "workflow"}, Kind.STEP),
        ({"llm.request.type": "chat"}, Kind.MODEL_CALL),
        ({"ai.operationId": "ai.streamText.doStream"}, Kind.MODEL_CALL),
        ({"mlflow.spanType": '"RETRIEVER"'}, Kind.RETRIEVAL),
        ({"langfuse.observation.type": "embedding"}, Kind.EMBEDDING),
        ({"langsmith.span.kind": "tool"}, Kind.TOOL),
        ({"mcp.method.name": "tools/call"}, Kind.TOOL),
        ({"whyspan.kind": "decision"}, Kind.DECISION),
        ({"http.request.method": "GET", "session.id": "s", "error.type": "500", "model": "m"}, Kind.OTHER),
    ],
)
def test_kind(attributes: dict[str, Any], kind: Kind) -> None:
    """Every vocabulary's word for a kind of span is understood; general attributes alone make no agent's span."""
    span = span_of(attributes)
    assert span.kind is kind
    assert (span.vocabulary is None) == (kind is Kind.OTHER)


def test_agents_own_word_wins() -> None:
    """What the agent says with our SDK goes before the standard, the standard before a dialect."""
    both = {"openinference.span.kind": "CHAIN", "gen_ai.operation.name": "chat", "llm.model_name": "b"}
    standard = span_of({**both, "gen_ai.request.model": "a"})
    assert (standard.vocabulary, standard.kind) == ("otel-genai", Kind.MODEL_CALL)
    assert (standard.request_model, standard.response_model) == ("a", "b")
    assert span_of({**both, "whyspan.kind": "guard"}).kind is Kind.GUARD


def test_order_of_attributes_does_not_matter() -> None:
    """The same attributes in another order fill the same columns."""
    attributes = {
        "llm.token_count.prompt": 7,
        "gen_ai.usage.prompt_tokens": 8,
        "gen_ai.usage.input_tokens": 9,
        "openinference.span.kind": "LLM",
    }
    backwards = dict(reversed(attributes.items()))
    assert span_of(attributes).input_tokens == span_of(backwards).input_tokens == 9


@pytest.mark.parametrize(
    ("key", "sent", "reason"),
    [
        ("gen_ai.response.finish_reasons", ["tool_calls"], "tool_call"),
        ("gen_ai.response.finish_reasons", '["tool-calls"]', "tool_call"),
        ("llm.finish_reason", "end_turn", "stop"),
        ("ai.response.finishReason", "max_tokens", "length"),
        ("gen_ai.completion.0.finish_reason", "pause_turn", "pause_turn"),
    ],
)
def test_finish_reason(key: str, sent: Any, reason: str) -> None:
    """The usual reasons have one spelling, others stay, lists and JSON lists are opened."""
    assert span_of({key: sent}).finish_reason == reason


def test_langfuse_tokens_include_their_details() -> None:
    """Langfuse takes reasoning and cached tokens out of its totals; the columns count like OpenTelemetry."""
    usage = {"input": 161, "output": 11, "total": 204, "input_cache_read": 0, "output_reasoning": 32}
    span = span_of({"langfuse.observation.type": "generation", "langfuse.observation.usage_details": json.dumps(usage)})
    assert (span.input_tokens, span.output_tokens, span.reasoning_tokens) == (161, 43, 32)


@pytest.mark.parametrize(
    ("attributes", "tags"),
    [
        ({"whyspan.run.tags": ["beta", "beta", " canary "]}, ("beta", "canary")),
        ({"tag.tags": ["nightly"]}, ("nightly",)),
        ({"langfuse.trace.tags": ["a", "b"], "langfuse.observation.metadata.tags": '["c"]'}, ("a", "b")),
        ({"langfuse.observation.metadata.tags": '["seq:step:1","prod-like"]'}, ("prod-like",)),
        ({"langsmith.span.tags": "graph:step:4, gold-tier"}, ("gold-tier",)),
        ({"langsmith.span.tags": "graph:step:4"}, None),
        ({"logfire.tags": ["a"], "whyspan.run.tags": ["own"]}, ("own",)),
        (
            {"mlflow.spanType": '"AGENT"', "mlflow.traceTag.team": "gold", "mlflow.traceTag.mlflow.traceName": "r"},
            ("team:gold",),
        ),
        ({"tag.tags": [1, {}, ""]}, ("1",)),
        ({"tag.tags": 17}, None),
        ({"tag.tags": [str(number) for number in range(1000)]}, tuple(map(str, range(100)))),
    ],
)
def test_tags(attributes: dict[str, Any], tags: tuple[str, ...] | None) -> None:
    """A program's labels, as a list, as JSON or between commas; where a part stands in a chain is no label."""
    assert span_of(attributes).tags == tags


def test_mlflow_words_are_json() -> None:
    """MLflow's quoted words lose their quotes, and its token counts come out of their object."""
    span = span_of(
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.llm.model": '"gpt-4o-mini-2024-07-18"',
            "model": '"gpt-4o-mini"',
            "mlflow.chat.tokenUsage": '{"input_tokens": 311, "output_tokens": 80, "total_tokens": 391}',
            "mlflow.trace.session": '"s-1"',
        }
    )
    assert (span.request_model, span.response_model) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    assert (span.input_tokens, span.output_tokens, span.session_id) == (311, 80, "s-1")


def test_langgraph_nodes_are_agents_plumbing_is_not() -> None:
    """The node of somebody's graph is the agent; LangGraph's own node names are not, LangChain's agent name is."""
    oi = {"openinference.span.kind": "LLM"}
    assert span_of({**oi, "metadata": '{"langgraph_node": "billing"}'}).agent == "billing"
    assert span_of({**oi, "metadata": '{"langgraph_node": "tools"}'}).agent is None
    assert span_of({**oi, "metadata": '{"langgraph_node": "__start__"}'}).agent is None
    assert span_of({**oi, "metadata": '{"lc_agent_name": "support", "langgraph_node": "model"}'}).agent == "support"


@pytest.mark.parametrize(
    ("name", "kind", "tool", "agent"),
    [
        ("tool lookup_order", Kind.TOOL, "lookup_order", None),
        ("execute_tool refund", Kind.TOOL, "refund", None),
        ("invoke_agent triage", Kind.AGENT, None, "triage"),
        ("tool call was slow", Kind.OTHER, None, None),
        ("toolbox x", Kind.OTHER, None, None),
    ],
)
def test_span_names_of_hand_written_loops(name: str, kind: Kind, tool: str | None, agent: str | None) -> None:
    """A span nobody else knows is read by its name where that has OpenTelemetry's form."""
    span = span_of({}, name=name)
    assert (span.kind, span.tool, span.agent) == (kind, tool, agent)


def test_handoff_of_openai_agents() -> None:
    """A hand-off is told from a tool; it says who passed and who got the work."""
    span = span_of(
        {"openinference.span.kind": "TOOL", "input.value": "triage", "output.value": "billing"},
        name="handoff to billing",
    )
    assert (span.kind, span.tool, span.agent) == (Kind.HANDOFF, None, "triage")
    assert content(span).output == "billing"


def test_mcp_client_names_the_tool_in_its_name() -> None:
    """The client's half of a call through MCP names its tool."""
    span = span_of({"mcp.method.name": "tools/call"}, name="MCP send tools/call lookup_order")
    assert (span.kind, span.tool) == (Kind.TOOL, "lookup_order")


# --- errors -----------------------------------------------------------------------------------------------------

_EXCEPTION = {"name": "exception", "attributes": {"exception.type": "ToolTimeout", "exception.message": "after 2 s"}}


@pytest.mark.parametrize(
    ("status", "message", "events", "attributes", "expected"),
    [
        ("error", "ToolTimeout: after 2 s", [_EXCEPTION], {}, ("ToolTimeout", "after 2 s")),
        ("error", "no", [], {}, (None, "no")),
        ("error", None, [_EXCEPTION], {"error.type": "tool_error"}, ("tool_error", "after 2 s")),
        ("unset", None, [_EXCEPTION], {}, ("ToolTimeout", "after 2 s")),
        ("ok", None, [_EXCEPTION], {}, (None, None)),
        ("unset", "fine", [], {}, (None, None)),
    ],
)
def test_errors(
    status: str,
    message: str | None,
    events: list[dict[str, Any]],
    attributes: dict[str, Any],
    expected: tuple[str | None, str | None],
) -> None:
    """An error is named by its attribute, its exception or its status, unless the span was ended as ok."""
    span = span_of(attributes, status=status, status_message=message, events=events)
    assert (span.error_type, span.error_message) == expected


# --- content ----------------------------------------------------------------------------------------------------


def test_structured_and_json_messages_are_the_same() -> None:
    """Messages sent as JSON text and as maps read alike; instructions come first; `result` stands for `response`."""
    asked = [
        {"role": "user", "parts": [{"type": "text", "content": "hi"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "thinking", "content": "look it up"},
                {"type": "tool_call", "id": "c1", "name": "look", "arguments": '{"id": 4417}'},
            ],
        },
        {
            "role": "user",
            "parts": [{"type": "tool_call_response", "id": "c1", "name": "look", "result": '{"paid": 89.1}'}],
        },
    ]
    instructions = [{"type": "text", "content": "be exact"}]
    base = {"gen_ai.operation.name": "chat"}
    as_maps = content_of({**base, "gen_ai.input.messages": asked, "gen_ai.system_instructions": instructions})
    as_json = content_of(
        {
            **base,
            "gen_ai.input.messages": json.dumps(json.dumps(asked)),
            "gen_ai.system_instructions": json.dumps(instructions),
        }
    )
    assert as_maps == as_json
    assert [each.role for each in as_maps.input_messages] == ["system", "user", "assistant", "tool"]
    reasoning, call = as_maps.input_messages[2].parts
    assert (reasoning.type, reasoning.content) == ("reasoning", "look it up")
    assert call == Part("tool_call", id="c1", name="look", value={"id": 4417})
    assert as_maps.input_messages[3].parts[0].value == {"paid": 89.1}


def test_cut_off_json_stays_text() -> None:
    """A value cut off by an attribute limit is kept as the text it is, and no message is made up from it."""
    cut = '{"messages": [{"role": "us'
    found = content_of({"openinference.span.kind": "CHAIN", "input.value": cut})
    assert (found.input, found.input_messages) == (cut, [])
    arguments = '{"order_id": 4417, "reason": "dama'
    message = [{"role": "assistant", "parts": [{"type": "tool_call", "name": "refund", "arguments": arguments}]}]
    called = content_of({"gen_ai.operation.name": "chat", "gen_ai.output.messages": message})
    assert called.output_messages[0].parts[0].value == arguments


def test_log_events_of_both_generations() -> None:
    """Messages that are only in log records are found, whichever form they have."""
    span = span_of({"gen_ai.operation.name": "chat"})
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"order_id": 4417}'}}
    legacy = [
        Log(None, span.span_id, 4, "gen_ai.choice", None, {"finish_reason": "stop", "message": {"content": "89.10"}}),
        Log(None, span.span_id, 2, "gen_ai.assistant.message", None, {"tool_calls": [call]}),
        Log(None, span.span_id, 1, "gen_ai.user.message", None, {"content": "how much?"}),
        Log(None, span.span_id, 3, None, None, {"content": "[]", "id": "c1"}, {"event.name": "gen_ai.tool.message"}),
    ]
    found = content(span, legacy)
    assert parts_of(found.input_messages) == [
        ("user", "text", "how much?"),
        ("assistant", "tool_call", "look"),
        ("tool", "tool_call_response", "[]"),
    ]
    assert found.output_messages == [Message("assistant", [Part("text", content="89.10")], "stop")]
    details = {
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "how much?"}]}],
        "gen_ai.tool.definitions": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
    }
    current = content(
        span, [Log(None, span.span_id, 1, "gen_ai.client.inference.operation.details", None, None, details)]
    )
    assert parts_of(current.input_messages) == [("user", "text", "how much?")]
    assert current.tool_definitions == [{"name": "look", "parameters": {"type": "object"}}]


def test_json_that_people_talk_about_stays_text() -> None:
    """A message or a model's answer that is JSON itself is text, unless it is nothing but content blocks."""
    orders = '[{"order_id": 4417, "text": "cracked"}]'
    user = {"name": "gen_ai.user.message", "attributes": {"content": orders}}
    choice = {"name": "gen_ai.choice", "attributes": {"message": '{"refund": 89.1}', "finish_reason": "end_turn"}}
    found = content_of({"gen_ai.operation.name": "chat"}, events=[user, choice])
    assert parts_of(found.input_messages) == [("user", "text", orders)]
    assert found.output_messages == [Message("assistant", [Part("text", content='{"refund": 89.1}')], "stop")]
    user["attributes"] = {
        "content": '[{"text": "cracked"}, {"toolUse": {"toolUseId": "c1", "name": "look", "input": {}}}]'
    }
    blocks = content_of({"gen_ai.operation.name": "chat"}, events=[user])
    assert parts_of(blocks.input_messages) == [("user", "text", "cracked"), ("user", "tool_call", "look")]


def test_prompt_and_completion_events() -> None:
    """The earliest generation of OpenTelemetry GenAI sends the whole conversation in one event each way."""
    asked = '[{"role": "user", "content": "hi"}]'
    events = [
        {"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": asked}},
        {"name": "gen_ai.content.completion.chunk", "attributes": {}},
        {
            "name": "gen_ai.content.completion",
            "attributes": {"gen_ai.completion": '[{"role": "assistant", "content": "yo"}]'},
        },
    ]
    found = content_of({"gen_ai.operation.name": "chat"}, events=events)
    assert parts_of([*found.input_messages, *found.output_messages]) == [
        ("user", "text", "hi"),
        ("assistant", "text", "yo"),
    ]


def test_anthropic_request_recorded_whole() -> None:
    """Anthropic's blocks, with thinking, tool use and a tool result marked as an error."""
    request = {
        "model": "claude-sonnet-4-5",
        "system": "Use the tools.",
        "messages": [
            {"role": "user", "content": "How much?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "exact and cheap", "signature": "EqKb"},
                    {"type": "tool_use", "id": "toolu_1", "name": "lookup_order", "input": {"order_id": 4417}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ToolTimeout", "is_error": True}
                ],
            },
        ],
        "tools": [{"name": "lookup_order", "input_schema": {"type": "object", "properties": {"order_id": {}}}}],
    }
    found = content_of({"openinference.span.kind": "LLM", "input.value": json.dumps(request)})
    assert [each.role for each in found.input_messages] == ["system", "user", "assistant", "tool"]
    assert found.input_messages[3].parts == [
        Part("tool_call_response", content="ToolTimeout", id="toolu_1", value="ToolTimeout", error=True)
    ]
    assert found.tool_definitions[0]["parameters"]["properties"] == {"order_id": {}}


def test_reasoning_that_only_the_recorded_response_has() -> None:
    """OpenInference flattens no `reasoning_content`; it is taken from the response it recorded."""
    said = {"role": "assistant", "content": "USD 89.10", "reasoning_content": "no fee for damage"}
    found = content_of(
        {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "USD 89.10",
            "output.value": json.dumps({"choices": [{"finish_reason": "stop", "message": said}]}),
        }
    )
    assert parts_of(found.output_messages) == [
        ("assistant", "reasoning", "no fee for damage"),
        ("assistant", "text", "USD 89.10"),
    ]


def test_call_that_is_sent_twice_is_one_call() -> None:
    """OpenInference sends an Anthropic call among the contents and once more beside them."""
    message = "llm.output_messages.0.message"
    call = {"tool_call.id": "toolu_1", "tool_call.function.name": "look", "tool_call.function.arguments": "{}"}
    found = content_of(
        {
            "openinference.span.kind": "LLM",
            f"{message}.role": "assistant",
            f"{message}.contents.0.message_content.type": "reasoning",
            f"{message}.contents.0.message_content.text": "cheap",
            f"{message}.contents.1.message_content.type": "tool_use",
            **{f"{message}.contents.1.{key}": value for key, value in call.items()},
            **{f"{message}.tool_calls.0.{key}": value for key, value in call.items()},
        }
    )
    assert parts_of(found.output_messages) == [("assistant", "reasoning", "cheap"), ("assistant", "tool_call", "look")]


def test_output_that_repeats_the_conversation() -> None:
    """A step's output keeps what the step added; the question it begins with is its input, a tool's answer is not."""
    question, answer = {"role": "user", "content": "how much?"}, {"role": "assistant", "content": "89.10"}
    result = {"role": "tool", "content": "[]", "tool_call_id": "c1"}
    step = {"openinference.span.kind": "CHAIN"}
    whole = content_of({**step, "output.value": json.dumps({"messages": [question, answer]})})
    assert (parts_of(whole.input_messages), parts_of(whole.output_messages)) == (
        [("user", "text", "how much?")],
        [("assistant", "text", "89.10")],
    )
    node = content_of({**step, "output.value": json.dumps({"messages": [result, answer], "goto": "billing"})})
    assert [each.role for each in node.output_messages] == ["tool", "assistant"]
    assert (node.input_messages, node.output) == ([], {"goto": "billing"})


def test_responses_api_items_become_one_turn() -> None:
    """Reasoning and calls of OpenAI's Responses API are one assistant message with the call's own id."""
    body = {
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "ask the CRM"}]},
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": "tier",
                "arguments": '{"order_id": 4417}',
            },
        ]
    }
    found = content_of({"openinference.span.kind": "LLM", "output.value": json.dumps(body)})
    (turn,) = found.output_messages
    assert turn.parts == [
        Part("reasoning", content="ask the CRM"),
        Part("tool_call", id="call_1", name="tier", value={"order_id": 4417}),
    ]


def test_dropped_and_unordered_keys() -> None:
    """Flattened messages keep their numeric order when the oldest keys were dropped and 10 sorts before 2."""
    keys = {f"llm.input_messages.{index}.message.content": str(index) for index in (10, 2, 9)}
    found = content_of({"openinference.span.kind": "LLM", **keys, "llm.input_messages.10.message.role": "assistant"})
    assert parts_of(found.input_messages) == [("user", "text", "2"), ("user", "text", "9"), ("assistant", "text", "10")]


def test_prefix_conflict() -> None:
    """A key that is also the prefix of others loses neither itself nor them."""
    found = content_of(
        {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message": "conflict",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "kept",
        }
    )
    assert parts_of(found.output_messages) == [("assistant", "text", "kept")]


def test_autogen_tool_answers() -> None:
    """AutoGen's tool answers are JSON beside the message, with the id and whether they are errors."""
    answer = {"name": "lookup_order", "content": "read timed out", "call_id": "c1", "is_error": True}
    found = content_of(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "function",
            "llm.input_messages.0.function.0": json.dumps(answer),
            "output.value": '{"finish_reason": "function_calls", "content": [{"id": "c2", "arguments": "{}", "name": "go"}]}',
        }
    )
    assert found.input_messages[0].parts == [
        Part("tool_call_response", "read timed out", "c1", "lookup_order", "read timed out", error=True)
    ]
    assert found.output_messages == [
        Message("assistant", [Part("tool_call", id="c2", name="go", value={})], "tool_call")
    ]


@pytest.mark.parametrize(
    ("attributes", "arguments", "result"),
    [
        ({"input.value": '{"args": [], "kwargs": {"id": 1}}', "output.value": "ok"}, {"id": 1}, "ok"),
        ({"input.value": '{"args": ["x"], "kwargs": {}}', "output.value": "null"}, ["x"], "null"),
        ({"input.value": "a.novak@example.com", "output.value": "[]"}, "a.novak@example.com", []),
        ({"input.value": "{'order_id': 4417}", "output.value": "007"}, {"order_id": 4417}, "007"),
        ({"tool.parameters": '{"order_id": 4417}'}, {"order_id": 4417}, None),
        ({"tool.parameters": '{"properties": {"order_id": {}}, "type": "object"}'}, None, None),
        (
            {
                "output.value": '{"type": "tool", "data": {"content": "{\\"paid\\": 19}", "type": "tool", '
                '"tool_call_id": "call_3n", "status": "success"}}'
            },
            None,
            {"paid": 19},
        ),
    ],
)
def test_tool_arguments_and_results(attributes: dict[str, Any], arguments: Any, result: Any) -> None:
    """A tool's arguments and result come without the frameworks' wrapping; a schema is no argument."""
    found = content_of({"openinference.span.kind": "TOOL", **attributes})
    assert (found.arguments, found.result) == (arguments, result)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[{'id': 1, 'open': True}]", [{"id": 1, "open": True}]),
        ("{'id': 1}", {"id": 1}),
        ("['a', 'b']", "['a', 'b']"),
        ("[{'id': open('x')}]", "[{'id': open('x')}]"),
        ("{'it is', she said, 'late'}", "{'it is', she said, 'late'}"),
    ],
)
def test_results_in_pythons_own_form(text: str, value: Any) -> None:
    """Dictionaries, and lists of them, that a framework sends as Python writes them are read; nothing is ever run."""
    assert content_of({"openinference.span.kind": "TOOL", "output.value": text}).result == value
    sent = {"openinference.span.kind": "LLM", "llm.input_messages.0.message.role": "tool"}
    (message,) = content_of(sent | {"llm.input_messages.0.message.content": text}).input_messages
    assert (message.parts[0].content, message.parts[0].value) == (text, value)


@pytest.mark.parametrize(
    ("sent", "error_type", "error_message"),
    [
        ("KeyError('no such order')Traceback (most recent call last):\n  File", "KeyError", "no such order"),
        ('Boom("it\'s late", 7)Traceback (most recent call last):\n  File', "Boom", "it's late"),
        ("it went wrong", "Exception", "it went wrong"),
        ("f('x')", "Exception", "f('x')"),
    ],
)
def test_langsmiths_errors_are_unpacked(sent: str, error_type: str, error_message: str) -> None:
    """The real error's type and message come out of the text LangSmith makes of it; other texts stay as they are."""
    events = [{"name": "exception", "attributes": {"exception.type": "Exception", "exception.message": sent}}]
    span = span_of({"langsmith.span.kind": "tool"}, status="error", events=events)
    assert (span.error_type, span.error_message) == (error_type, error_message)


@pytest.mark.parametrize(
    "said",
    [
        '{"next_thought": "Look first.", "next_tool_name": "look", "next_tool_args": {"at": 3}}',
        '[[ ## next_thought ## ]]\nLook first.\n\n[[ ## next_tool_name ## ]]\nlook\n\n[[ ## next_tool_args ## ]]\n{"at": 3}',
    ],
)
def test_dspy_agents_call_tools_in_text(said: str) -> None:
    """In both of DSPy's text forms the thought is reasoning, the field is a call, and the instructions offer the tools."""
    instructions = "(1) look, whose description is <desc>Looks.</desc>. It takes arguments {'at': {'type': 'integer'}}."
    found = content_of(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.content": instructions,
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": said,
        }
    )
    reasoning, call = found.output_messages[0].parts
    assert (reasoning.type, reasoning.content) == ("reasoning", "Look first.")
    assert (call.type, call.name, call.value) == ("tool_call", "look", {"at": 3})
    parameters = {"type": "object", "properties": {"at": {"type": "integer"}}}
    assert found.tool_definitions == [{"name": "look", "description": "Looks.", "parameters": parameters}]


def test_tool_call_id_of_langchain_is_never_the_tools_own_words() -> None:
    """The id is read from LangChain's dump of the tool message, not from what a tool happened to answer."""
    tool = {"openinference.span.kind": "TOOL", "tool.name": "t"}
    dump = '{"type": "tool", "data": {"content": "{\\"tool_call_id\\": \\"fake\\"}", "tool_call_id": "call_3n"}}'
    assert span_of({**tool, "output.value": dump}).tool_call_id == "call_3n"
    assert span_of({**tool, "output.value": '{"tool_call_id": "fake"}'}).tool_call_id is None


def test_indexed_prompts_of_old_traceloop() -> None:
    """Traceloop 0.40's indexed prompts, completions and functions."""
    found = content_of(
        {
            "llm.request.type": "chat",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "how much?",
            "gen_ai.prompt.1.role": "tool",
            "gen_ai.prompt.1.content": "ToolTimeout",
            "gen_ai.prompt.1.tool_call_id": "c1",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c2",
            "gen_ai.completion.0.tool_calls.0.name": "search_orders",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"email": "a@b"}',
            "llm.request.functions.0.name": "search_orders",
            "llm.request.functions.0.parameters": '{"type": "object"}',
        }
    )
    assert parts_of(found.input_messages) == [
        ("user", "text", "how much?"),
        ("tool", "tool_call_response", "ToolTimeout"),
    ]
    call = Part("tool_call", id="c2", name="search_orders", value={"email": "a@b"})
    assert found.output_messages == [Message("assistant", [call], "tool_call")]
    assert found.tool_definitions == [{"name": "search_orders", "parameters": {"type": "object"}}]


def test_langsmith_export() -> None:
    """LangSmith puts LangChain's dumps under prompt and completion, for every kind of run."""
    system = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "SystemMessage"]}
    dump = [[{**system, "kwargs": {"content": "You route customers.", "type": "system"}}]]
    generation = {"generation_info": {"finish_reason": "tool_calls"}, "message": {"kwargs": {"content": "hm"}, "lc": 1}}
    generation["message"]["id"] = ["langchain", "schema", "messages", "AIMessage"]
    attributes = {
        "langsmith.span.kind": "llm",
        "langsmith.metadata.lc_agent_name": "triage",
        "langsmith.metadata.usage_metadata": '{"input_tokens": 5}',
        "gen_ai.prompt": json.dumps({"messages": dump}),
        "gen_ai.completion": json.dumps({"generations": [[generation]]}),
    }
    span = span_of(attributes)
    found = content(span)
    assert (span.agent, span.input_tokens) == ("triage", 5)
    assert parts_of(found.input_messages) == [("system", "text", "You route customers.")]
    assert found.output_messages == [Message("assistant", [Part("text", content="hm")], "tool_call")]


def test_retrieved_documents() -> None:
    """A retriever's documents are its output."""
    found = content_of(
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "refunds",
            "retrieval.documents.0.document.content": "p. 12",
            "retrieval.documents.0.document.score": 0.9,
        }
    )
    assert (found.input, found.output) == ("refunds", [{"content": "p. 12", "score": 0.9}])


@pytest.mark.parametrize(("label", "outcomes"), [("fail", [Outcome(False, "tone", "rude")]), ("0.7", []), (None, [])])
def test_evaluations(label: str | None, outcomes: list[Outcome]) -> None:
    """An evaluation is an outcome when its label says pass or fail; a score alone is not."""
    names = {"name": "tone", "score.label": label, "explanation": "rude"}
    event = {
        "name": "gen_ai.evaluation.result",
        "attributes": {f"gen_ai.evaluation.{name}": value for name, value in names.items()},
    }
    assert content_of({"gen_ai.operation.name": "chat"}, events=[event]).outcomes == outcomes
    flat = {"name": "tone", "label": label, "explanation": "rude"}
    openinference = {f"evaluations.0.evaluation.{name}": value for name, value in flat.items()}
    assert content_of({"openinference.span.kind": "LLM", **openinference}).outcomes == outcomes


def test_gaps_are_filled_from_the_other_vocabulary() -> None:
    """A tool's schema and the conversation come from the second vocabulary where the first has less."""
    found = content_of(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system_instructions": "be exact",
            "gen_ai.tool.definitions": '[{"name": "look", "description": "Looks.", "parameters": null}]',
            "openinference.span.kind": "LLM",
            "llm.tools.0.tool.json_schema": '{"name": "look", "parameters": {"type": "object"}}',
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "hi",
        }
    )
    assert parts_of(found.input_messages) == [("system", "text", "be exact"), ("user", "text", "hi")]
    assert found.tool_definitions == [{"name": "look", "description": "Looks.", "parameters": {"type": "object"}}]


def test_nothing_recorded_nothing_said() -> None:
    """A model call without content has no message, no argument and no tool."""
    assert content_of({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}) == Content()


def test_understood_names_what_nobody_reads() -> None:
    """Coverage counts the filled columns and lists the attribute keys no vocabulary looks at."""
    filled, unread = understood(
        span_of({"gen_ai.operation.name": "chat", "llm.input_messages.0.message.role": "user", "shop.country": "cz"})
    )
    assert filled == {"kind", "operation"}
    assert unread == {"shop.country"}


def test_what_our_own_sdk_sends() -> None:
    """Decision, outcome, effect, task, arguments and messages survive the way from the SDK over OTLP."""

    @whyspan.tool(effect="irreversible")
    def refund(order_id: str) -> dict[str, str]:
        return {"refunded": order_id}

    @whyspan.agent
    def support(task: str) -> str:
        with whyspan.decision("Refund?", options=["refund", "replace"]) as decided:
            decided.choose("refund", because="the policy allows it", confidence=0.8)
        whyspan.outcome(ok=True, check="refund matches order")
        return refund("o-1")["refunded"]

    with capture() as captured:
        support("The machine leaks.")
    batch = decode("traces", encode_spans(captured.spans).SerializeToString(), "protobuf")
    spans = {span.name.split()[0]: span for span in batch.spans}
    agent, decision, tool = (content(spans[name]) for name in ("invoke_agent", "decision", "execute_tool"))
    assert {span.vocabulary for span in batch.spans} == {"whyspan"}
    assert (agent.input, agent.outcomes) == ("The machine leaks.", [Outcome(True, "refund matches order")])
    assert parts_of(agent.output_messages) == [("assistant", "text", "o-1")]
    assert decision.decision is not None
    assert (decision.decision.choice, decision.decision.rationale) == ("refund", "the policy allows it")
    assert (spans["execute_tool"].effect, spans["execute_tool"].tool) == ("irreversible", "refund")
    assert (tool.arguments, tool.result) == ({"order_id": "o-1"}, {"refunded": "o-1"})
