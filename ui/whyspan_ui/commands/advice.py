"""What the instrumentations of a service leave out, and what to add: one rule each, from counts of the query `coverage`."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple


class _Rule(NamedTuple):
    applies: Callable[[Mapping[str, Any]], bool]
    text: str
    """May name counts in braces."""


_RULES: Final = (
    _Rule(
        lambda row: not row["with_kind"],
        "none of the {spans} spans says anything about agents; their structure is kept, nothing can be derived from them",
    ),
    _Rule(
        lambda row: (row["agents"] or row["tool_calls"]) and not row["model_calls"],
        "no model calls: add an instrumentation of the model's client, or no decision can be derived",
    ),
    _Rule(
        lambda row: row["agents_named"] < row["agents"],
        "{agents_named} of {agents} agents carry a name: set gen_ai.agent.name, or @whyspan.agent",
    ),
    _Rule(
        lambda row: row["model_calls_with_model"] < row["model_calls"],
        "{model_calls_with_model} of {model_calls} model calls name their model (gen_ai.request.model)",
    ),
    _Rule(
        lambda row: row["model_calls_with_tokens"] < row["model_calls"],
        "{model_calls_with_tokens} of {model_calls} model calls report tokens: what the others used is unknown",
    ),
    _Rule(
        lambda row: row["tool_calls_named"] < row["tool_calls"],
        "{tool_calls_named} of {tool_calls} tool calls name their tool (gen_ai.tool.name)",
    ),
    _Rule(
        lambda row: row["model_calls"] and not row["decisions"],
        "no decision is recorded, so decisions are derived from model calls: add `with whyspan.decision(...)` where it matters",
    ),
    _Rule(
        lambda row: row["pending"],
        "{pending} spans never ended: the process was killed, or left without flushing its exporter",
    ),
)


def advice(row: Mapping[str, Any]) -> list[str]:
    """The sentences that apply to the counts of a service."""
    return [rule.text.format_map(row) for rule in _RULES if rule.applies(row)]
