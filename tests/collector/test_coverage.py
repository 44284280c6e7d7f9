"""How far an instrumentation is understood, in figures."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from recordings import FRAMEWORKS, records

from whyspan_collector.coverage import Coverage, coverage
from whyspan_collector.store import Store
from whyspan_collector.vocabularies import understood


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with closing(Store(tmp_path)) as opened:
        yield opened


def of(store: Store, scope: str) -> Coverage:
    """The coverage of the one instrumentation with this scope."""
    (found,) = (one for one in coverage(store.query) if one.scope == scope)
    return found


def test_it_says_what_is_filled_on_how_many_spans(store: Store) -> None:
    """Columns and content, that in log records included, by kind of span; and the keys nobody knows."""
    store.ingest(*records("openai__otel-openai-v2__tool_timeout_switch"), 1)
    calls = of(store, "opentelemetry.instrumentation.openai_v2")
    assert (calls.vocabulary, calls.spans) == ("otel-genai", {"model_call": 4})
    assert {
        name: calls.filled["model_call"].get(name) for name in ("request_model", "input_tokens", "input_messages")
    } == {
        "request_model": 4,
        "input_tokens": 4,
        "input_messages": 4,
    }
    assert not {"tool_definitions", "cost", "agent"} & calls.filled["model_call"].keys()
    assert calls.unknown == {}
    tools, plain = sorted(
        (one for one in coverage(store.query) if one.scope == "support-bot.app"), key=lambda one: not one.vocabulary
    )
    assert tools.filled["tool"]["tool"] == 3
    assert plain.unknown == {"customer.tier": 1}


def test_an_empty_result_is_a_result(store: Store) -> None:
    """A search that finds nothing answers `[]`; only a tool whose answer is not recorded has none."""
    store.ingest(*records("langgraph__openinference__retry_loop_recursion"), 1)
    tools = of(store, "openinference.instrumentation.langchain")
    assert tools.filled["tool"]["result"] == tools.spans["tool"] > 3


def test_versions_of_an_instrumentation_are_told_apart(store: Store) -> None:
    """An update that fills less, or sends what nobody knows, shows as such."""
    spans, _ = records("openai__openinference__tool_timeout_switch")
    newer = [
        replace(one, trace_id="f" * 32, scope_version="9.0", attributes=one.attributes | {"llm.mood": "calm"})
        for one in spans
    ]
    store.ingest([*spans, *newer], [], 1)
    found = [one for one in coverage(store.query) if one.scope == "openinference.instrumentation.openai"]
    assert {one.scope_version: one.unknown for one in found} == {spans[-1].scope_version: {}, "9.0": {"llm.mood": 4}}


def test_it_looks_at_the_newest_spans_only(store: Store) -> None:
    """The figures tell what arrives now, and take no longer in a large store."""
    (one, *_), _ = records("openai__openinference__tool_timeout_switch")
    old, new = (
        [replace(one, span_id=f"{number:016x}", attributes={key: 1}) for number in range(*span)] for key, span in _AGES
    )
    store.ingest(old, [], 1)
    store.ingest(new, [], 2)
    (found,) = coverage(store.query)
    assert found.spans == {"other": 50}
    assert found.unknown == {"new": 50}


_AGES = (("old", (1, 61)), ("new", (61, 121)))


def test_an_empty_store_has_no_instrumentations(store: Store) -> None:
    """Nothing came in, so nothing is claimed."""
    assert coverage(store.query) == []


def test_what_frameworks_send_is_known() -> None:
    """Only what the programs' own authors added is unknown in the recordings of frameworks."""
    keys = {
        key
        for name in FRAMEWORKS
        if not name.startswith("sdk__")
        for one in records(name)[0]
        for key in understood(one)[1]
    }
    assert keys == {"customer.tier", "tenant"}


def test_what_the_sdk_lost_is_told(store: Store) -> None:
    """The counts of a process only grow, and spans may come in any order: of each reason the largest counts."""
    spans, logs = records("whyspan__refund_wrong_order")
    for place, span in enumerate(spans):
        span.resource["whyspan.lost.queue"] = place
    spans[0].resource["whyspan.lost.spool"] = 3
    store.ingest(spans, logs, 1)
    assert of(store, "whyspan").lost == {"queue": len(spans) - 1, "spool": 3}
