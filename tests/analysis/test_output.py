"""The machine output is a contract."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.model import Run
from whyspan_analysis.output import DOCUMENTS, schema
from whyspan_analysis.output.diagnosis import diagnosis_document
from whyspan_analysis.output.run import run_document
from whyspan_analysis.output.runs import runs_document

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schemas_in_the_docs_are_those_of_the_models(name: str) -> None:
    """`python -m whyspan_analysis.output` was run after the last change of a model."""
    assert (ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text() == schema(name)


def test_a_diagnosis_is_written_as_the_contract_says(sample_run: Callable[[str], Run]) -> None:
    """Every field of whyspan.diagnosis/1 is there under its name."""
    run = sample_run("whyspan__refund_wrong_order")
    document = json.loads(diagnosis_document(diagnose(run)).model_dump_json())
    assert document["schema"] == "whyspan.diagnosis/1"
    assert set(document["outcome"]) >= {"status", "check", "refs"}
    first = document["hypotheses"][0]
    assert set(first) >= {"rank", "span_id", "agent", "tool", "decision_id", "grade", "score", "origin_span_id"}
    assert (first["rank"], first["tool"], first["grade"]) == (1, "refund_order", "strong")
    assert set(first["findings"][0]) >= {"detector", "span_id", "field", "quote", "message"}
    assert {sentence["class"] for sentence in document["chain"]} == {"recorded", "derived"}
    assert set(document["chain"][0]["refs"][0]) == {"span_id", "field", "quote"}
    assert [(each["tool"], each["undoing"]) for each in document["changed_outside"]] == [
        ("refund_order", "cannot be undone"),
        ("send_email", "reached somebody"),
    ]
    assert document["last_chance"]["no_return"] == document["changed_outside"][0]
    recorded, derived = document["decisions"][3], document["decisions"][6]
    assert set(recorded["classes"].items()) >= {("choice", "recorded"), ("evidence", "recorded"), ("led_to", "derived")}
    assert set(derived["classes"].values()) == {"derived"}


def test_a_run_is_written_as_the_contract_says(sample: list[Run]) -> None:
    """whyspan.run/1 holds every span once and every decision."""
    for run in sample:
        decisions = diagnose(run).decisions
        document = json.loads(run_document(run, decisions, []).model_dump_json())
        assert document["schema"] == "whyspan.run/1"
        assert [span["span_id"] for span in document["spans"]] == [span.span_id for span in run.spans]
        assert [each["decision_id"] for each in document["decisions"]] == [each.decision_id for each in decisions]


def test_text_that_is_no_utf8_can_be_written(script: Any) -> None:
    """Half a surrogate pair in a tool's result becomes a question mark, not an exception."""
    run = script("Look it up.", ["lookup"])
    run.turn("lookup", {"id": 1}, "Error: \ud800 broke")
    assert "Error: ? broke" in diagnosis_document(run.diagnose()).model_dump_json()


ROW = {
    "run_id": "b",
    "trace_ids": ["y", "x"],
    "agent": "support",
    "tags": ["beta"],
    "start_ns": 1_790_000_000_000_000_001,
    "end_ns": 1_790_000_000_250_000_001,
    "clock_valid": True,
    "spans": 4,
    "complete": True,
    "outcome": "failed",
    "verdict": "Step 2 went wrong.",
    "grade": "likely",
    "decisive_span_id": "s1",
    "decisive_agent": "support",
    "decisive_tool": "refund",
}


def test_runs_are_written_as_the_contract_says() -> None:
    """A row of the store becomes one entry, with sorted traces, RFC 3339 and the decisive step."""
    document = json.loads(runs_document([ROW]).model_dump_json())
    assert document["schema"] == "whyspan.runs/1"
    assert document["runs"] == [
        {
            "run_id": "b",
            "trace_ids": ["x", "y"],
            "agent": "support",
            "tags": ["beta"],
            "started_at": "2026-09-21T14:13:20.000000001Z",
            "duration_ms": 250.0,
            "spans": 4,
            "complete": True,
            "outcome": "failed",
            "verdict": "Step 2 went wrong.",
            "grade": "likely",
            "decisive": {"span_id": "s1", "agent": "support", "tool": "refund"},
        }
    ]


def test_only_failed_runs_have_a_verdict_and_a_grade() -> None:
    """A run that is ok, or not diagnosed yet, has neither, whatever the row holds."""
    ok, unknown = ROW | {"outcome": "ok"}, ROW | {"outcome": None, "run_id": "c"}
    for entry in runs_document([ok, unknown]).runs:
        assert (entry.verdict, entry.grade, entry.decisive) == (None, "none", None)


def test_runs_come_by_start_and_id_whatever_the_rows_order() -> None:
    """Runs without a trustworthy clock come last, with a null start."""
    rows = [ROW | {"run_id": "z", "clock_valid": False}, ROW, ROW | {"run_id": "a"}]
    entries = runs_document(rows).runs
    assert [entry.run_id for entry in entries] == ["a", "b", "z"]
    assert entries[-1].started_at is None
