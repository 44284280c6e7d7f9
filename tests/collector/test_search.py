"""Full-text search: what is found, what is shown of it, and that the index follows the store."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import records, sent

from whyspan.semconv import Kind
from whyspan_collector.records import Span
from whyspan_collector.search.excerpt import around
from whyspan_collector.search.index import Text, TextIndex, Trace
from whyspan_collector.search.texts import FILE_NAME
from whyspan_collector.store import Store
from whyspan_collector.vocabularies import content

T0 = 1_790_000_000 * 10**9
RECORDING = "openai__openinference__tool_timeout_switch"
TOOL = {"openinference.span.kind": "TOOL", "input.value": '{"order": "A-77", "wish": "Geschenkgutschein für Zoë"}'}


def tool_span(run: int, number: int = 1, **attributes: Any) -> Span:
    """A tool's span of run 1, 2, ..."""
    sent = TOOL | attributes
    ids = f"{run:032x}", f"{number:016x}"
    return Span(
        *ids, None, "refund_order", "internal", T0 + number, T0 + number + 1, "ok", kind=Kind.TOOL, attributes=sent
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with closing(Store(tmp_path)) as opened:
        yield opened


def found(store: Store, text: str) -> list[int]:
    """The numbers of the runs a filter finds."""
    return sorted(int(run_id[-4:], 16) for run_id in store.query("runs", filter=text)["run_id"].to_pylist())


def test_messages_arguments_and_results_are_found(store: Store) -> None:
    """A recorded run is found by words of its messages, of a tool's arguments and result, and by the name of a span."""
    spans, logs = records(RECORDING)
    store.ingest(spans, logs, T0)
    store.ingest([tool_span(7)], [], T0)
    conversations = (content(each).input_messages for each in spans)
    words = (part.content for messages in conversations for message in messages for part in message.parts)
    question = next(filter(None, words))
    assert found(store, f'text:"{question[:30]}"') != []
    for text in ("text:refund_order", "text:geschenkgutschein", "zoe", '"A 77"', 'text:"a-77" wish', "text:geschenk*"):
        assert found(store, text) == [7], text
    assert found(store, "text:geschenk") == []
    assert 7 not in found(store, "-text:geschenkgutschein")
    assert len(found(store, "-text:geschenkgutschein")) == 1


def test_signs_without_spaces_are_found_by_any_part(store: Store) -> None:
    """Chinese, Japanese and Korean text has no words to split at; every row of signs in it is found."""
    store.ingest([tool_span(1, **{"output.value": "我想退货并要求退款"})], [], T0)
    assert found(store, "text:退货") == [1]
    assert found(store, "text:货退") == []


def test_an_excerpt_names_the_span_and_shows_the_words_around(store: Store) -> None:
    """Of each run the first place, with the hit apart from what stands around it; absent words have none."""
    store.ingest([tool_span(1, 1), tool_span(1, 2, **{"output.value": "no gift\ncard is left"})], [], T0)
    run_ids = store.query("runs")["run_id"].to_pylist()
    (excerpt,) = store.excerpts('text:"gift card" -text:order', run_ids)
    assert (excerpt.span_id, excerpt.place) == (f"{2:016x}", "result")
    assert (excerpt.before, excerpt.hit, excerpt.after) == ("no ", "gift\ncard", " is left")


def test_a_trace_with_several_runs_is_found_by_the_right_one(store: Store) -> None:
    """Two parentless agents in one trace are two runs; a word of one does not find the other."""
    agents = [replace(tool_span(1, number), kind=Kind.AGENT, agent="a", attributes={}) for number in (1, 2)]
    works = [
        replace(tool_span(1, number + 2, **{"output.value": word}), parent_span_id=f"{number:016x}")
        for number, word in ((1, "apple"), (2, "pear"))
    ]
    store.ingest([*agents, *works], [], T0)
    (row,) = store.query("runs", filter="text:pear").to_pylist()
    assert row["root_span_id"] == f"{2:016x}"
    assert [each.run_id for each in store.excerpts("text:pear", store.query("runs")["run_id"].to_pylist())] == [
        row["run_id"]
    ]


def test_the_index_follows_the_store(store: Store) -> None:
    """What arrives later is searchable at the next search; a text that came again is indexed once."""
    store.ingest([tool_span(1)], [], T0)
    assert found(store, "text:voucher") == []
    before = store.texts.status()["texts"]
    store.ingest([tool_span(1, 2), tool_span(1, 3, **{"output.value": "voucher"})], [], T0 + 1)
    assert store.texts.status()["behind"] == 1
    assert found(store, "text:voucher") == [1]
    assert store.texts.status() | {"file_bytes": 0} == {"traces": 1, "texts": before + 1, "behind": 0, "file_bytes": 0}


def test_a_trace_is_left_until_it_is_quiet_or_a_minute_behind(store: Store) -> None:
    """So that a growing trace is not read again at every span, and one that never ends is searchable all the same."""
    store.ingest([tool_span(1)], [], T0)
    assert store.texts.update(quiet_before_ns=T0) == 0
    assert store.texts.update(quiet_before_ns=T0 + 1) == 1
    store.ingest([tool_span(1, 2)], [], T0 + 50 * 10**9)
    assert store.texts.update(quiet_before_ns=T0) == 0
    store.ingest([tool_span(1, 3)], [], T0 + 61 * 10**9)
    assert store.texts.update(quiet_before_ns=T0) == 1


def test_indexing_stops_between_portions(tmp_path: Path) -> None:
    """A collector that is told to stop does not wait for thousands of traces; what is left is indexed the next time."""
    spans = [Span(f"{number:032x}", "a" * 16, None, "work", "internal", 1, 2, "ok") for number in range(1, 251)]
    with closing(Store(tmp_path)) as store:
        store.texts.in_background = True
        store.ingest(spans, [], 1)
        asked = iter((False, True))
        store.texts.update(is_stopping=lambda: next(asked))
        assert store.texts.status()["behind"] == 150
        store.texts.update()
        assert store.texts.status()["behind"] == 0


def test_a_lost_or_damaged_index_is_made_again(tmp_path: Path) -> None:
    """The index is derived: without its file, or with a broken one, the next search finds the same."""
    with closing(Store(tmp_path)) as store:
        store.ingest([tool_span(1)], [], T0)
        assert found(store, "text:geschenkgutschein") == [1]
    for damage in (Path.unlink, lambda path: path.write_bytes(b"no database" * 1000)):
        damage(tmp_path / FILE_NAME)
        with closing(Store(tmp_path)) as store:
            assert found(store, "text:geschenkgutschein") == [1]


def test_erased_words_are_gone_from_the_file(tmp_path: Path) -> None:
    """What is forgotten with `erase` cannot be read from the index's file, and what stays is found as before."""
    with closing(TextIndex(tmp_path / FILE_NAME)) as index:
        says = {"a" * 32: "xylophonist plays", "b" * 32: "somebody plays"}
        index.replace(Trace(trace_id, 1, [Text("1" * 16, "result", text)]) for trace_id, text in says.items())
        index.forget(["a" * 32], erase=True)
        assert index.search("plays")[0] == ["b" * 32]
        assert index.search("xylophonist") == ([], [])
    assert b"xylophon" not in (tmp_path / FILE_NAME).read_bytes()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as raw:
        raw.execute("INSERT INTO words (words) VALUES ('integrity-check')")


@given(st.text(max_size=30), st.text(max_size=40))
def test_any_words_can_be_searched(tmp_path_factory: pytest.TempPathFactory, phrase: str, text: str) -> None:
    """No phrase is a question the index cannot take, and an excerpt is cut from the text it shows."""
    with closing(TextIndex(tmp_path_factory.getbasetemp() / "any.sqlite")) as index:
        index.search(phrase)
    before, hit, after = around(text, phrase)
    assert hit in text
    assert len(before) + len(after) <= 122


def test_a_collector_indexes_in_the_background(start: Callable[..., Any]) -> None:
    """With a collector the index fills by itself; excerpts come over HTTP, and a wrong question is refused."""
    collector = start(WHYSPAN_QUIET_SECONDS="0")
    for request in sent(RECORDING):
        request.post(collector.http)
    collector.store.drain()
    while collector.store.status()["texts"]["behind"]:
        time.sleep(0.05)
    (run,) = collector.store.query("runs", filter="text:order").to_pylist()
    (excerpt,) = collector.store.excerpts("text:order", [run["run_id"]])
    assert excerpt.hit.lower() == "order"
    assert collector.http.post("/api/excerpts", json={"filter": "text:order"}).status_code == 400
    assert collector.http.post("/api/excerpts", json={"filter": "text:", "run_ids": []}).status_code == 400
