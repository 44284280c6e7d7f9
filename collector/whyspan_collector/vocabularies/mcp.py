"""Model Context Protocol, as the MCP SDK traces itself on both sides of the wire."""

from typing import Final

from whyspan.semconv import Kind
from whyspan_collector.records import Span
from whyspan_collector.vocabularies.vocabulary import Vocabulary

_CALL: Final = "tools/call "
_METHODS: Final = {
    "tools/call": Kind.TOOL,
    "resources/read": Kind.RETRIEVAL,
    # The protocol's own errands.
    **dict.fromkeys(
        (
            "initialize",
            "ping",
            "tools/list",
            "resources/list",
            "prompts/list",
            "prompts/get",
            "notifications/initialized",
            "notifications/cancelled",
            "notifications/progress",
        ),
        Kind.STEP,
    ),
}


def refine(span: Span) -> None:
    """The client's side names the tool in the span's name only."""
    if span.kind is Kind.TOOL and span.tool is None and _CALL in span.name:
        span.tool = span.name.partition(_CALL)[2] or None


VOCABULARY: Final = Vocabulary(
    name="mcp",
    kinds={"mcp.method.name": _METHODS},
    columns={"operation": ("mcp.method.name",)},
    known=(
        "jsonrpc.",
        "mcp.",
        "rpc.",
    ),
    refine=refine,
)
