"""The twelve causes: each a fault of one operation of one agent, with a rate for every version.

They are the faults of the suite whose own record shows that something went wrong (`mechanical`), but for the crash, which is
three causes in one; each is put into another place. What is wrong without a trace is the business of `benchmarks.faults`.
"""

from dataclasses import dataclass
from typing import Final

VERSIONS: Final = ("1.0", "1.1", "1.2")
DAYS: Final = (5, 5, 4)
"""How long each version ran."""
ENTERPRISE: Final = "segment:enterprise"
ENTERPRISE_SHARE: Final = 0.25
OTHER_MODEL: Final = "scripted-2"
OTHER_MODEL_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Cause:
    """One of them."""

    agent: str
    fault: str
    operation: str
    """Name of the tool, question or step it happens to."""
    rates: tuple[float, float, float]
    """Share of the agent's runs it happens in, by version; with `only`, of those runs."""
    only: str | None = None
    """The tag or model it happens with."""

    @property
    def name(self) -> str:
        """What the truth calls it."""
        return f"{self.fault} {self.agent}/{self.operation}"

    @property
    def came_in(self) -> str | None:
        """The version that brought it; None where it was there from the beginning."""
        first = next(version for version, rate in zip(VERSIONS, self.rates, strict=True) if rate)
        return first if first != VERSIONS[0] else None


CAUSES: Final = (
    Cause("refunds", "F01", "refund", (0.08, 0.08, 0.08)),
    Cause("travel", "F02", "search_flights", (0.0, 0.12, 0.12)),
    Cause("research", "F03", "web_search", (0.0, 0.0, 0.15)),
    Cause("refunds", "F04", "page", (0.10, 0.0, 0.0)),
    Cause("incident", "F14", "restart", (0.10, 0.0, 0.10)),
    Cause("rag", "F20", "search", (0.04, 0.04, 0.16)),
    Cause("analytics", "F21", "exchange_rate", (0.12, 0.12, 0.03)),
    Cause("support", "F25", "give_credit", (0.0, 0.2, 0.2)),
    Cause("travel", "F29", "answer", (0.06, 0.06, 0.06)),
    Cause("stock", "F31", "read_stock", (0.6, 0.6, 0.6), ENTERPRISE),
    Cause("incident", "F32", "service_status", (0.0, 0.0, 0.12)),
    Cause("analytics", "F33", "query_sales", (0.0, 0.3, 0.3), OTHER_MODEL),
)

TRAFFIC: Final = {
    "analytics": 3,
    "incident": 3,
    "rag": 3,
    "refunds": 4,
    "research": 2,
    "stock": 1,
    "support": 1,
    "travel": 3,
}
"""How often each agent is called, beside the others."""
PLAIN: Final = frozenset({"rag", "research"})
"""Agents that are traced by an OpenTelemetry instrumentation without our SDK."""
