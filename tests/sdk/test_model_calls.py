"""A model call is recorded in OpenTelemetry's GenAI form, whichever client's messages the program has."""

import json
from typing import Any

import pytest

import whyspan
from whyspan.messages import messages_json
from whyspan.testing import capture
from whyspan.values import TEXT_LIMIT

_ASKED = {"role": "user", "parts": [{"type": "text", "content": "find it"}]}
_CALLED = {
    "role": "assistant",
    "parts": [
        {"type": "reasoning", "content": "I need the order"},
        {"type": "text", "content": "Looking"},
        {"type": "tool_call", "id": "c1", "name": "search", "arguments": {"q": "shoes"}},
    ],
}
_OPENAI = [
    {"role": "user", "content": "find it"},
    {
        "role": "assistant",
        "reasoning_content": "I need the order",
        "content": "Looking",
        "tool_calls": [{"id": "c1", "function": {"name": "search", "arguments": '{"q": "shoes"}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "o1"},
]
_ANTHROPIC = [
    {"role": "user", "content": [{"type": "text", "text": "find it"}]},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "I need the order"},
            {"type": "text", "text": "Looking"},
            {"type": "tool_use", "id": "c1", "name": "search", "input": {"q": "shoes"}},
        ],
    },
    {"role": "tool", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "o1"}]},
]


@pytest.mark.parametrize("messages", [_OPENAI, [_ASKED, _CALLED, _OPENAI[2]]])
def test_client_messages(messages: list[dict[str, Any]]) -> None:
    """Messages of the OpenAI client, and of OpenTelemetry itself, become the same parts."""
    answered = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "o1"}]}

    assert json.loads(messages_json(messages)) == [_ASKED, _CALLED, answered]


def test_content_blocks() -> None:
    """Content blocks as the Anthropic client has them become the same parts too."""
    assert json.loads(messages_json(_ANTHROPIC[:2])) == [_ASKED, _CALLED]


def test_request_and_answer() -> None:
    """Request, tools, parameters, answer, usage and finish reason are on the span of a CLIENT call."""
    with capture() as captured:
        parameters = {"temperature": 0.2, "reasoning_effort": "low"}
        tools = [{"name": "search", "parameters": {"type": "object"}}]
        with whyspan.model_call(
            "gpt-5", messages=_OPENAI[:1], tools=tools, parameters=parameters, provider="openai"
        ) as call:
            call.respond(_OPENAI[1], finish_reason="tool_call", input_tokens=12, output_tokens=7, model="gpt-5-2026-01")

    (span,) = captured.spans
    assert (span.name, span.kind.name) == ("chat gpt-5", "CLIENT")
    messages = {key: json.loads(span.attributes[f"gen_ai.{key}.messages"]) for key in ("input", "output")}
    assert messages == {"input": [_ASKED], "output": [{**_CALLED, "finish_reason": "tool_call"}]}
    assert json.loads(span.attributes["gen_ai.tool.definitions"]) == tools
    assert {
        key: value for key, value in span.attributes.items() if "messages" not in key and "definitions" not in key
    } == {
        "whyspan.kind": "model_call",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.temperature": 0.2,
        "whyspan.request.parameters": '{"reasoning_effort": "low"}',
        "gen_ai.response.finish_reasons": ("tool_call",),
        "gen_ai.response.model": "gpt-5-2026-01",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 7,
    }


def test_long_conversations_lose_their_oldest_messages() -> None:
    """The latest messages are what a model acts on, so the oldest give way; how many is said."""
    text = messages_json([{"role": "user", "content": f"{number} {'x' * 50_000}"} for number in range(20)])
    messages = json.loads(text)

    assert len(text) < TEXT_LIMIT * 1.1
    assert messages[-1]["parts"][0]["content"].startswith("19 ")
    assert messages[0]["parts"] == [
        {"type": "whyspan.cut", "content": f"[whyspan: {20 - (len(messages) - 1)} earlier messages cut]"}
    ]


@pytest.mark.parametrize("message", [None, 7, {"role": "user"}, {"tool_calls": ["search"]}, {"content": [3]}, object()])
def test_odd_messages(message: object) -> None:
    """A message of any shape is recorded as well as it can be."""
    (recorded,) = json.loads(messages_json(message))

    assert recorded["role"]
    assert isinstance(recorded["parts"], list)
