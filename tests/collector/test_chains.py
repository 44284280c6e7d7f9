"""The chain of a run's spans: what was changed, removed, moved or put in is told, and what cannot be told is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

import whyspan
from whyspan import Redaction, otlp
from whyspan.chain import Chains
from whyspan.redaction import Redactor
from whyspan.testing import capture
from whyspan_collector import otlp as received
from whyspan_collector import redaction
from whyspan_collector.chains import Chained, follow, words
from whyspan_collector.store import Store
from whyspan_ui.cli import main

Rows = list[dict[str, Any]]
NOTE = "password=hunter2-and-more"


def sent(*, note: str = "done") -> bytes:
    """A run as it is spooled: an agent that reads twice and pays, and ends last."""
    with capture() as captured, whyspan.agent("shop", task="x") as agent:
        for name in ("read", "read again", "pay"):
            with whyspan.tool(name, effect="irreversible", arguments={"order": 1}) as tool:
                tool.set_result(note)
        agent.set_result("paid")
    redactor = Redactor(Redaction(secrets=False), "full")
    ended = sorted(captured.spans, key=lambda span: span.end_time or 0)
    return b"".join(body for body, _ in otlp.requests([redactor(span) for span in ended], {}, Chains()))


def stored(folder: Path, body: bytes) -> Rows:
    """What the store gives back of it, in the order of the chain."""
    store = Store(folder)
    try:
        for request in received.requests(body, 1 << 26):
            got = received.receive(request.signal, request.body, request.encoding)
            store.ingest(got.spans, got.logs, arrived_ns=1)
        (run,) = store.query("runs").to_pylist()
        rows: Rows = store.query("spans_of_traces", trace_ids=run["trace_ids"]).to_pylist()
    finally:
        store.close()
    return sorted(rows, key=lambda row: row["end_ns"])


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """A stored run."""
    return stored(tmp_path_factory.mktemp("chain"), sent())


def rewritten(row: dict[str, Any], change: Callable[[Span], object]) -> dict[str, Any]:
    span = Span.FromString(row["message"])
    change(span)
    return {**row, "message": span.SerializeToString()}


def test_a_run_that_nobody_touched_is_whole(rows: Rows) -> None:
    """What was sent is what is stored, up to the agent's own span."""
    chain = follow(rows)

    assert (chain.state, chain.segments[0].spans, chain.without) == (Chained.WHOLE, 4, [])


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda rows: [rewritten(rows[0], lambda span: setattr(span, "name", "another")), *rows[1:]], "changed"),
        (lambda rows: [{**rows[0], "tool": "another"}, *rows[1:]], "changed"),
        (lambda rows: [*rows[:2], *rows[3:]], "missing"),
        (lambda rows: rows[1:], "missing"),
        (lambda rows: [*rows, rows[1]], "changed"),
    ],
    ids=["the span", "a column of its row", "removed", "the first removed", "twice"],
)
def test_tampering_is_told(rows: Rows, tamper: Callable[[Rows], Rows], told: str) -> None:
    """A span that was changed, removed or repeated breaks the chain at its place, and only there."""
    chain = follow(tamper(rows))

    assert chain.state is Chained.BROKEN
    assert len(getattr(chain.segments[0], told)) == 1


def test_two_entries_that_change_places(rows: Rows) -> None:
    """Spans that take each other's number in the chain are both named."""
    entries = [Span.FromString(row["message"]).attributes[-1] for row in rows]

    def becomes(number: int) -> Callable[[Span], object]:
        return lambda span: span.attributes[-1].CopyFrom(entries[number])

    chain = follow([rewritten(rows[0], becomes(1)), rewritten(rows[1], becomes(0)), *rows[2:]])

    assert set(chain.segments[0].changed) == {rows[0]["span_id"], rows[1]["span_id"]}


def test_what_cannot_be_told_is_said(rows: Rows) -> None:
    """The end of a killed run, spans that were put in or sent by others, and runs without a chain are named as such."""
    foreign = rewritten(rows[0], lambda span: span.attributes.pop())

    killed, mixed, none = follow(rows[:3]), follow([foreign, *rows]), follow([foreign])

    assert killed.state is Chained.OPEN
    assert "or what came after was removed" in " ".join(words(killed))
    assert (mixed.state, mixed.without) == (Chained.WHOLE, [rows[0]["span_id"]])
    assert none.state is Chained.NONE


def test_masking_on_arrival_is_no_tampering(tmp_path: Path) -> None:
    """Spans in which the collector masked a secret are named as not checkable, and the chain goes on behind them."""
    body = redaction.Redactor(redaction.Rules()).redact("traces", sent(note=NOTE), "protobuf").body
    chain = follow(stored(tmp_path, body))

    assert (chain.state, len(chain.segments[0].masked)) == (Chained.WHOLE, 3)


def test_verify_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`whyspan verify RUN` names the hash to keep, and ends with status 1 when a span of the run was changed."""
    run = stored(tmp_path, sent())[0]["trace_id"]
    assert main(["verify", run, "--data", str(tmp_path)]) == 0
    assert "is whole: 4 entries, the last with hash" in capsys.readouterr().out

    with duckdb.connect(tmp_path / "whyspan.duckdb") as tampering:
        tampering.execute("UPDATE spans SET effect = 'pure-read' WHERE tool = 'pay'")

    assert main(["verify", run, "--json", "--data", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out)["state"] == "broken"
