"""Whatever is under the names we know, reading a span does not raise and fills columns with the right types only."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyspan.semconv import Kind
from whyspan_collector.records import Log, Span
from whyspan_collector.vocabularies import VOCABULARIES, content, fill_columns, understood

_SUFFIXES = (
    "0",
    "0.message.role",
    "0.message.content",
    "10.message.contents.0.message_content.type",
    "x.y",
    "2.",
    "0.0",
)


def known_keys() -> list[str]:
    """Every key of every table, prefixes completed in usual and unusual ways."""
    keys: set[str] = {"", ".", "llm", "gen_ai.prompt"}
    for vocabulary in VOCABULARIES:
        named = [key.partition("#")[0] for row in vocabulary.columns.values() for key in row]
        for key in (*vocabulary.kinds, *named, *vocabulary.content_keys):
            keys |= {key + suffix for suffix in _SUFFIXES} if key.endswith(".") else {key}
    return sorted(keys)


words = st.sampled_from(
    [
        "role",
        "content",
        "parts",
        "type",
        "tool_calls",
        "messages",
        "function",
        "id",
        "args",
        "input",
        "lc",
        "kwargs",
        "tool",
        "user",
        "assistant",
        "text",
        "reasoning",
        "tool_result",
        "chat",
        "LLM",
        "update",
        "goto",
        "choices",
        "inputs",
        "outputs",
        "data",
        "generations",
        "output",
        "candidates",
        "finish_reason",
        "tools",
        "name",
        "error",
        "message",
        "document",
        "tool_call",
        "json_schema",
    ]
)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20) | words
) | st.binary(max_size=20)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=5), inner, max_size=5),
    max_leaves=15,
)
encoded = trees.map(lambda tree: json.dumps(tree, default=str))
values = (
    trees | encoded | encoded.map(json.dumps) | st.tuples(encoded, st.integers(0, 40)).map(lambda cut: cut[0][: cut[1]])
)
attributes = st.dictionaries(st.sampled_from(known_keys()), values, max_size=12)
events = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["exception", "gen_ai.choice", "gen_ai.tool.message", "whyspan.outcome", "x"]),
            "attributes": st.dictionaries(
                st.sampled_from(["message", "content", "finish_reason", "exception.type", "whyspan.outcome.ok", "id"]),
                values,
                max_size=4,
            ),
        }
    ),
    max_size=3,
)


def span_of(given_attributes: dict[str, Any], **fields: Any) -> Span:
    return Span("0" * 32, "0" * 16, None, "name", "internal", 0, 0, "unset", attributes=given_attributes, **fields)


def assert_sound(span: Span) -> None:
    """The columns have the types the store gives them, and the content is what it says."""
    for column in ("agent", "tool", "request_model", "session_id", "finish_reason", "error_type", "error_message"):
        assert isinstance(getattr(span, column), str | None)
    for column in ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens"):
        count = getattr(span, column)
        assert count is None or (type(count) is int and 0 <= count < 2**63)
    assert isinstance(span.kind, Kind)
    assert span.cost is None or (type(span.cost) is float and 0 <= span.cost < float("inf"))


@settings(max_examples=150, deadline=None)
@given(attributes, events, st.sampled_from(list(Kind)))
def test_any_value_under_any_known_key(
    given_attributes: dict[str, Any], given_events: list[dict[str, Any]], kind: Kind
) -> None:
    """No value, of whatever type, makes the columns or the content fail."""
    span = span_of(given_attributes, events=given_events)
    fill_columns(span)
    assert_sound(span)
    span.kind = kind
    logs = [Log(None, None, 0, event["name"], None, event["attributes"]) for event in given_events]
    found = content(span, logs)
    for message in [*found.input_messages, *found.output_messages]:
        assert message.role in ("system", "user", "assistant", "tool")
        assert all(isinstance(part.content, str) for part in message.parts)
        assert all(isinstance(part.id, str | None) and isinstance(part.name, str | None) for part in message.parts)
    assert all(isinstance(tool["name"], str) for tool in found.tool_definitions)
    understood(span)


@pytest.mark.parametrize("opening", ["[", '{"content":', '[{"role":"user","content":', '{"text":', '{"update":'])
@pytest.mark.parametrize("depth", [90, 900, 100_000])
@pytest.mark.parametrize("kind", ["LLM", "TOOL", "CHAIN"])
def test_deep_nesting(opening: str, depth: int, kind: str) -> None:
    """JSON nested deeper than anyone means it stays the text it is."""
    closing = "".join({"[": "]", "{": "}"}[each] for each in reversed([c for c in opening if c in "[{"]))
    deep = opening * depth + '"x"' + closing * depth
    keys = ("input.value", "output.value", "gen_ai.input.messages", "gen_ai.tool.definitions", "llm.tools.0.tool")
    span = span_of({"openinference.span.kind": kind, **dict.fromkeys(keys, deep)})
    fill_columns(span)
    found = content(span)
    json.dumps(asdict(found))
    assert span.kind in (Kind.MODEL_CALL, Kind.TOOL, Kind.STEP)


def test_long_keys_and_indices() -> None:
    """Keys with thousands of dots or digits are read as far as makes sense."""
    span = span_of(
        {
            "llm.input_messages." + "0." * 5000 + "x": "deep",
            "llm.input_messages." + "9" * 5000 + ".message.role": "user",
            "llm.input_messages.²." + "message.role": "user",
            "llm.input_messages.7.message.content": "kept",
            "openinference.span.kind": "LLM",
        }
    )
    fill_columns(span)
    assert [part.content for message in content(span).input_messages for part in message.parts] == ["kept"]


def test_reading_changes_nothing_that_was_sent() -> None:
    """The attributes and events of a span are as they came after both readings."""
    given_attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}],
        "llm.tools.0.tool.json_schema": '{"name": "look"}',
    }
    span = span_of(given_attributes)
    before = json.dumps(given_attributes)
    fill_columns(span)
    content(span)
    assert json.dumps(span.attributes) == before
    assert asdict(span)["kind"] == "model_call"
