"""One long run of an agent as OTLP/JSON, of any number of spans: what the dashboard is measured and tested with.

Twenty spans a turn: a step, the model call that asks for a tool, the tool, and the plumbing an instrumented service adds
below it. The last refund is of an order that was never looked up, and the run's own check says so.
"""

import json
import random
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.load import START_NS

PER_TURN: Final = 20
TRACE_ID: Final = "20" * 16
_MS: Final = 1_000_000
_TOOLS: Final = ("search_docs", "get_order", "get_customer", "send_mail")
_DEFINITIONS: Final = json.dumps([{"type": "function", "name": name} for name in (*_TOOLS, "refund")])
_WORDS: Final = (
    "kettle",
    "lid",
    "arrived",
    "broken",
    "customer",
    "says",
    "parcel",
    "door",
    "policy",
    "photo",
    "shows",
    "crack",
)


def long_run(spans: int, seed: int = 7) -> list[bytes]:
    """The run as request bodies of 1,000 spans."""
    every = list(_spans(spans, random.Random(seed)))
    return [_body(every[first : first + 1000]) for first in range(0, spans, 1000)]


def _spans(count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    """The root, then turn after turn until there are `count` spans."""
    failed = {"whyspan.outcome.ok": False, "whyspan.outcome.check": "the refund is of the customer's order"}
    yield _span(0, None, "invoke_agent support", (0, 50 * count), _agent(), events=[_event("whyspan.outcome", failed)])
    for number in range(1, count):
        turn, place = divmod(number - 1, PER_TURN)
        at = 50 * number
        step = 1 + turn * PER_TURN
        if place == 0:
            yield _span(
                number, 0, f"turn {turn + 1}", (at, 50 * PER_TURN), {"gen_ai.operation.name": "invoke_workflow"}
            )
        elif place == 1:
            last = number + PER_TURN > count
            yield _span(number, step, "chat gpt-4o-mini", (at, 45), _model_call(turn, rng, last=last))
        elif place == 2:
            last = number - 1 + PER_TURN > count
            yield _span(number, step, "execute_tool", (at, 45 + 50 * 17), _tool_call(turn, rng, last=last))
        else:
            parent = step + 2 if place % 3 else number - 1
            yield _span(number, parent, ("http GET", "db.query", "cache.get")[place % 3], (at, 40), {"peer": "shop"})


def _agent() -> dict[str, Any]:
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support"}


def _asked(turn: int, *, last: bool) -> tuple[str, dict[str, Any]]:
    """The tool of a turn and its arguments."""
    if last:
        return "refund", {"order_id": "OR-99999", "amount": 1240}
    return _TOOLS[turn % len(_TOOLS)], {"order_id": f"OR-{10_000 + turn}"}


def _model_call(turn: int, rng: random.Random, *, last: bool) -> dict[str, Any]:
    tool, arguments = _asked(turn, last=last)
    told = [_message("system", _text(rng, 300)), _message("user", "Refund what arrived broken.")]
    told.append(_message("user", _text(rng, 600)))
    call = {"type": "tool_call", "id": f"call-{turn}", "name": tool, "arguments": arguments}
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 900 + turn,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.tool.definitions": _DEFINITIONS,
        "gen_ai.input.messages": json.dumps(told),
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [call], "finish_reason": "tool_call"}]),
    }


def _tool_call(turn: int, rng: random.Random, *, last: bool) -> dict[str, Any]:
    tool, arguments = _asked(turn, last=last)
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool,
        "gen_ai.tool.call.id": f"call-{turn}",
        "gen_ai.tool.call.arguments": json.dumps(arguments),
        "gen_ai.tool.call.result": json.dumps({"order_id": f"OR-{10_000 + turn}", "note": _text(rng, 900)}),
    }


def _message(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def _text(rng: random.Random, size: int) -> str:
    return " ".join(rng.choices(_WORDS, k=size // 7))


def _span(
    number: int,
    parent: int | None,
    name: str,
    times: tuple[int, int],
    attributes: dict[str, Any],
    events: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A span in OTLP/JSON; times are start and duration in milliseconds."""
    start, duration = times
    return {
        "traceId": TRACE_ID,
        "spanId": f"{number + 1:016x}",
        "parentSpanId": "" if parent is None else f"{parent + 1:016x}",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(START_NS + start * _MS),
        "endTimeUnixNano": str(START_NS + (start + duration) * _MS),
        "attributes": _attributes(attributes),
        "events": events or [],
    }


def _event(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "timeUnixNano": str(START_NS), "attributes": _attributes(attributes)}


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"stringValue": value}


def _body(spans: list[dict[str, Any]]) -> bytes:
    resource = {"attributes": _attributes({"service.name": "shop"})}
    scopes = [{"scope": {"name": "long_run"}, "spans": spans}]
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).encode()
