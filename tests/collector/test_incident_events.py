"""What people do about incidents is kept in order, through the store and through a running collector, and checked."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from whyspan_collector.errors import QueryError
from whyspan_collector.event_chain import broken_at, not_chained
from whyspan_collector.incident_events import IncidentEvent, read_event
from whyspan_collector.store import Store

ONE, OTHER = "0123456789ab", "ba9876543210"


def test_events_stay_in_the_order_they_came(tmp_path: Path) -> None:
    """Each is added after the others, whatever time it names, and is there after the store was closed."""
    with closing(Store(tmp_path)) as store:
        store.record_incident_event(IncidentEvent(9, ONE, "note", "first", person="ada"))
        store.record_incident_event(IncidentEvent(5, ONE, "status", "fixed", version="1.2"))
    with closing(Store(tmp_path)) as store:
        rows = store.query("incident_events").to_pylist()

    assert [(row["number"], row["at_ns"], row["value"]) for row in rows] == [(1, 9, "first"), (2, 5, "fixed")]
    assert (rows[0]["person"], rows[1]["version"]) == ("ada", "1.2")


def test_a_log_that_somebody_changed_is_found_and_an_old_one_is_not_accused(tmp_path: Path) -> None:
    """Rows from before the chain count as not chained; behind them a row that was changed, removed or lost its hash breaks it."""
    with closing(Store(tmp_path)) as store:
        store.record_incident_event(IncidentEvent(1, ONE, "note", "old"))
        store._writer.execute("UPDATE incident_events SET hash = NULL")
        for value in ("first", "second", "third"):
            store.record_incident_event(IncidentEvent(2, ONE, "test", value, person="ada"))
        rows = store.query("incident_events").to_pylist()

    assert (not_chained(rows), broken_at(IncidentEvent, rows)) == (1, None)
    assert (not_chained(rows[:1]), broken_at(IncidentEvent, rows[:1])) == (1, None)
    for column, value in {"person": "bo", "value": "fourth", "at_ns": 3, "hash": None, "incident": OTHER}.items():
        assert broken_at(IncidentEvent, [*rows[:2], {**rows[2], column: value}, rows[3]]) == 3
    assert broken_at(IncidentEvent, [rows[0], {**rows[1], "hash": None}, *rows[2:]]) == 3
    assert broken_at(IncidentEvent, rows[1:]) == 1


def test_a_running_collector_takes_them(collector: Any) -> None:
    """Over HTTP they are the same; what makes no sense is refused with the reason, and nothing of it is kept."""
    event = IncidentEvent(7, ONE, "merge", other=OTHER)
    collector.store.record_incident_event(event)
    wrong = collector.http.post("/api/incident-events", json={**asdict(event), "kind": "delete"})

    assert (wrong.status_code, "there is no kind of event 'delete'" in wrong.json()["error"]) == (400, True)
    (row,) = collector.store.query("incident_events").to_pylist()
    assert {name: row[name] for name in asdict(event)} == asdict(event)


@pytest.mark.parametrize(
    "sent",
    [
        [],
        {},
        {"at_ns": 1, "incident": ONE},
        {"at_ns": "now", "incident": ONE, "kind": "note", "value": "words"},
        {"at_ns": 1, "incident": "'; DROP TABLE runs", "kind": "note", "value": "words"},
        {"at_ns": 1, "incident": ONE, "kind": "note"},
        {"at_ns": 1, "incident": ONE, "kind": "status", "value": "gone"},
        {"at_ns": 1, "incident": ONE, "kind": "merge", "other": ONE},
        {"at_ns": 1, "incident": ONE, "kind": "merge"},
        {"at_ns": 1, "incident": ONE, "kind": "note", "value": "x" * 10_001},
        {"at_ns": 1, "incident": ONE, "kind": "note", "value": "words", "number": 1},
    ],
)
def test_events_that_make_no_sense_are_refused(sent: Any) -> None:
    """Unknown kinds and statuses, names that are no signatures, notes without words, whatever else is sent."""
    with pytest.raises(QueryError):
        read_event(sent)
