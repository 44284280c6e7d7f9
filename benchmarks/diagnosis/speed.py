"""How long a diagnosis takes: from a run's spans, as the store gives them, to its verdict; processor time."""

import json
import time
from collections.abc import Iterator, Mapping
from statistics import median

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.load import assemble
from whyspan_analysis.portion import seldom_collecting
from whyspan_collector.records import Span
from whyspan_collector.vocabularies import fill_columns

SIZES = (200, 5_000)
"""Spans of a run; its model calls carry the last turns of the conversation, its tools some 4 KB each: 10 MB for 5,000."""
ROUNDS = 5
START_NS = 1_790_000_000_000_000_000


def spans(count: int) -> Iterator[Span]:
    """A failed run: model call and tool in turn, each order looked up with its lines and refunded."""
    yield _span(0, "invoke_agent support", {"gen_ai.operation.name": "invoke_agent"}, parent=None)
    said = [_message("user", {"type": "text", "content": "Refund all late orders of customer c-2041, 40 USD at most."})]
    for number in range(1, count, 2):
        call = {"type": "tool_call", "id": f"call_{number}", "name": "get_order", "arguments": {"id": f"o-{number:05}"}}
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": json.dumps(said[-3:]),
            "gen_ai.output.messages": json.dumps([_message("assistant", call)]),
        }
        yield _span(number, "chat model", attributes)
        order = {"id": f"o-{number:05}", "customer": "c-2041", "total": number * 1.25, "lines": _lines(number)}
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "get_order",
            "gen_ai.tool.call.id": f"call_{number}",
            "gen_ai.tool.call.arguments": json.dumps(call["arguments"]),
            "gen_ai.tool.call.result": json.dumps(order),
        }
        yield _span(number + 1, "execute_tool get_order", attributes)
        answered = {"type": "tool_call_response", "id": f"call_{number}", "response": {"id": order["id"], "late": True}}
        said += [_message("assistant", call), _message("tool", answered)]


def _lines(number: int) -> list[dict[str, object]]:
    return [
        {"sku": f"s-{number * 20 + line:06}", "name": "a garden chair of oak, weatherproof", "quantity": line + 1,
         "price": 12.5 + line, "sent": f"2026-05-{line + 1:02}", "carrier": "by road, from the depot in the north"}
        for line in range(20)
    ]  # fmt: skip


def _message(role: str, part: Mapping[str, object]) -> dict[str, object]:
    return {"role": role, "parts": [part]}


def _span(number: int, name: str, attributes: Mapping[str, object], parent: str | None = "0" * 15 + "1") -> Span:
    start = START_NS + number * 1_000_000
    own = {**attributes, "gen_ai.agent.name": "support"}
    span = Span("ab" * 16, f"{number + 1:016x}", parent, name, "internal", start, start + 500_000, "unset")
    span.attributes = own
    if parent is None:
        outcome = {"whyspan.outcome.ok": False, "whyspan.outcome.check": "every late order is refunded"}
        span.events = [{"name": "whyspan.outcome", "time_ns": start, "attributes": outcome}]
    fill_columns(span)
    return span


def run() -> None:
    """Print the table."""
    print("| spans | MB of attributes | reading ms | diagnosing ms |\n|---|---|---|---|")
    for size in SIZES:
        given = list(spans(size))
        megabytes = sum(len(str(value)) for span in given for value in span.attributes.values()) / 1e6
        reading, diagnosing = [], []
        with seldom_collecting():  # as batches do
            for _ in range(ROUNDS):
                started = time.process_time()
                assembled = assemble("run", given, [])
                read = time.process_time()
                diagnose(assembled)
                reading.append(read - started)
                diagnosing.append(time.process_time() - read)
        print(f"| {size:,} | {megabytes:.1f} | {1000 * median(reading):.0f} | {1000 * median(diagnosing):.0f} |")


if __name__ == "__main__":
    run()
