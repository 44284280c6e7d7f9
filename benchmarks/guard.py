"""What a guarded tool call costs beside the same call unguarded, with 1, 10 and 100 rules.

CPU time of the calling thread, in pairs that take turns, because other programs share the machine.
"""

from collections.abc import Callable
from statistics import median
from time import thread_time

import whyspan
from whyspan.testing import capture

CALLS = 300
ROUNDS = 15
RULES = (1, 10, 100)
_PREDICATES = (
    'e.name == "refund" && e.args.amount > 500.0',
    'size(invented("args")) > 0',
    "repeats() >= 2",
    "size(failed_changes()) > 0 && e.changes",
    'count("refund") > 10000',
    'has(last("get_order").ok) && !last("get_order").ok',
    'e.args.exists(k, k.startsWith("secret"))',
    'e.agent.matches("^(billing|legal)-[0-9]+$")',
    'budget_left("tool_calls") < 0.0',
    'schema_error() != ""',
)


@whyspan.tool(effect="irreversible")
def refund(order: str, amount: float, reason: str) -> dict[str, object]:
    """Pays money back."""
    return {"order": order, "amount": amount, "status": "done"}


def rules(count: int) -> list[dict[str, object]]:
    """Rules that look at every call and break on none."""
    return [
        {
            "id": f"rule-{number}",
            "kind": "absence",
            "a": _PREDICATES[number % len(_PREDICATES)],
            "scope": {"on": ["call"]},
        }
        for number in range(count)
    ]


def run() -> None:
    """Prints a table of microseconds a call."""
    print("microseconds of CPU a tool call      unguarded    guarded     the guard")
    for count in RULES:
        plain, guarded = zip(*(_pair(count) for _ in range(ROUNDS)), strict=True)
        extra = median(b - a for a, b in zip(plain, guarded, strict=True))
        print(f"{count:4} rules {median(plain):36.1f} {median(guarded):10.1f} {extra:13.1f}")


def _pair(count: int) -> tuple[float, float]:
    guard = whyspan.guard(rules=rules(count))
    with guard:
        guarded = _timed(_calls)
    return _timed(_calls), guarded


def _calls() -> None:
    with capture(), whyspan.agent("support", task="refund order o-90317", budget={"tool_calls": 100_000}):
        for number in range(CALLS):
            refund("o-90317", 10.0 + number, "the customer asked for it")


def _timed(call: Callable[[], None]) -> float:
    began = thread_time()
    call()
    return (thread_time() - began) / CALLS * 1e6


if __name__ == "__main__":
    run()
