"""What happened to rules is kept for good, and a log somebody changed does not pass for the one that was written."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from whyspan_collector.errors import QueryError
from whyspan_collector.event_chain import broken_at
from whyspan_collector.rule_events import RuleEvent
from whyspan_collector.store import Store


def event(number: int, action: str = "proposed", person: str | None = None, rule: str = "a-rule") -> RuleEvent:
    """An event about a rule."""
    return RuleEvent(number, rule, action, json.dumps({"id": rule, "number": number}), person)  # type: ignore[arg-type]


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    """A log of three events, as stored."""
    with closing(Store(tmp_path)) as store:
        store.record_rule_event(event(1))
        store.record_rule_event(event(2, "activated", "ada"))
        store.record_rule_event(event(3, rule="another-rule"))
        assert [row["action"] for row in store.query("rules").to_pylist()] == ["activated", "proposed"]
        store.record_rule_event(event(4, "retired", "bo"))
        assert [row["rule_id"] for row in store.query("rules").to_pylist()] == ["another-rule"]
        rows: list[dict[str, Any]] = store.query("rule_events").to_pylist()
    return rows


def test_the_log_that_was_written_is_whole(rows: list[dict[str, Any]]) -> None:
    """Nothing is broken in a log nobody touched."""
    assert len(rows) == 4
    assert broken_at(RuleEvent, rows) is None


@pytest.mark.parametrize("column", ["at_ns", "action", "person", "record", "note", "hash", "rule_id"])
def test_a_changed_row_is_found(rows: list[dict[str, Any]], column: str) -> None:
    """Whichever column of a row is changed, the chain breaks there."""
    other = {"at_ns": 9, "action": "retired", "rule_id": "b-rule", "record": '{"id": "a-rule"}'}
    rows[1][column] = other.get(column, "somebody else")

    assert broken_at(RuleEvent, rows) == 2


def test_a_row_that_was_removed_or_moved_is_found(rows: list[dict[str, Any]]) -> None:
    """Taking a row out, or putting two in another order, breaks the chain."""
    assert broken_at(RuleEvent, [rows[0], *rows[2:]]) == 2
    assert broken_at(RuleEvent, [rows[1], rows[0], *rows[2:]]) == 1


@pytest.mark.parametrize(
    ("action", "person", "reason"),
    [("activated", None, "who activated"), ("activated", "  ", "who activated"), ("bent", "ada", "no action 'bent'")],
)
def test_what_makes_no_sense_is_refused(action: str, person: str | None, reason: str) -> None:
    """Nobody activates a rule without a name, and there are no other actions."""
    with pytest.raises(QueryError, match=reason):
        event(1, action, person)
