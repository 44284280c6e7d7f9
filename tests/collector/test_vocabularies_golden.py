"""What every recording says in canonical form, written down and checked by eye.

After a deliberate change of a mapping: `PYTHONPATH=tests python tests/collector/test_vocabularies_golden.py`, then read
the difference.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from recordings import FRAMEWORKS, records

from whyspan.model import Decision, Outcome
from whyspan.semconv import Kind
from whyspan_collector.records import Log, Message, Part, Span
from whyspan_collector.vocabularies import content, understood

GOLDEN = Path(__file__).parent / "golden"


def summary(name: str) -> list[dict[str, Any]]:
    """The canonical columns and the content of a recording's spans, in a form people can read."""
    spans, logs = records(name)
    shown: set[str] = set()
    return [_span(span, [log for log in logs if log.span_id == span.span_id], shown) for span in spans]


def _span(span: Span, logs: list[Log], shown_before: set[str]) -> dict[str, Any]:
    filled, unknown = understood(span)
    shown = content(span, logs)
    values = {
        "input_messages": _new(shown.input_messages, shown_before),
        "output_messages": _new(shown.output_messages, shown_before),
        "tools": [_tool(tool) for tool in shown.tool_definitions],
        **{field: _short(getattr(shown, field), 200) for field in ("arguments", "result", "input", "output")},
        "decision": shown.decision and _record(shown.decision),
        "outcomes": [_record(outcome) for outcome in shown.outcomes],
    }
    return {
        "name": span.name,
        "status": span.status,
        "vocabulary": span.vocabulary,
        "kind": span.kind.value,
        **{column: _short(getattr(span, column), 200) for column in sorted(filled - {"kind"})},
        **{field: value for field, value in values.items() if value not in (None, [])},
        **({"unknown": _some(sorted(unknown))} if unknown else {}),
    }


def _new(messages: list[Message], shown_before: set[str]) -> list[str]:
    """The messages as lines; how many an earlier span began with just so is said in one line."""
    lines = [_message(message) for message in messages]
    known = next((count for count, line in enumerate(lines) if line not in shown_before), len(lines))
    shown_before.update(lines)
    return [f"({known} shown before)", *lines[known:]] if known > 1 else lines


def _message(message: Message) -> str:
    reason = f" ({message.finish_reason})" if message.finish_reason else ""
    return f"{message.role}{reason}: " + " | ".join(_part(part) for part in message.parts)


def _part(part: Part) -> str:
    if part.type == "tool_call":
        return f"call {part.name} {_short(part.value)} #{part.id}"
    if part.type == "tool_call_response":
        return f"{'error' if part.error else 'response'} {_short(part.value)} #{part.id}"
    return f"{part.type} {_short(part.content)}"


def _tool(tool: dict[str, Any]) -> str:
    parameters = tool.get("parameters", {}).get("properties", {})
    return f"{tool['name']}({', '.join(parameters)})"


def _some(keys: list[str], most: int = 10) -> list[str]:
    return keys if len(keys) <= most else [*keys[:most], f"... ({len(keys)})"]


def _record(record: Decision | Outcome) -> str:
    return ", ".join(f"{name}={value}" for name, value in asdict(record).items() if value not in (None, ()))


def _short(value: Any, limit: int = 80) -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_recording_reads_as_written_down(name: str) -> None:
    """Columns and content of a recording are what somebody checked against it."""
    golden = GOLDEN / f"{name}.json"
    assert golden.exists(), f"nobody has read {name} yet: run this file as a script and check what it writes"
    assert summary(name) == json.loads(golden.read_text("utf-8"))


def test_every_model_call_is_understood() -> None:
    """Every recorded model call names its model and shows what went in, itself or the call it is (in) one with."""
    seen = 0
    for name in FRAMEWORKS:
        spans, logs = records(name)
        calls = {span.span_id: span for span in spans if span.kind is Kind.MODEL_CALL}
        shown = {key: content(call, [log for log in logs if log.span_id == key]) for key, call in calls.items()}
        told = {key for key in calls if shown[key].input_messages}
        told |= {calls[key].parent_span_id for key in told} | {
            key for key in calls if calls[key].parent_span_id in told
        }
        assert [(name, call.name) for key, call in calls.items() if key not in told or not call.request_model] == []
        seen += len(calls)
    assert seen > 120


if __name__ == "__main__":
    for each in FRAMEWORKS:
        (GOLDEN / f"{each}.json").write_text(json.dumps(summary(each), indent=1, ensure_ascii=False) + "\n", "utf-8")
