"""What LangChain's dumps carry that no attribute does, whoever recorded them."""

import re
from typing import Any, Final

from whyspan.semconv import Kind
from whyspan_collector.records import Span

_CALL_ID: Final = re.compile(r'"tool_call_id": "([^"\\]{1,200})"')
# A tool message as OpenInference dumps it, and what Traceloop records of a tool's start and end.
_DUMPS: Final = ('{"type": "tool", "data": {', '{"input_str": ', '{"output": {"lc": ')


def tool_call_id(dump: Any) -> str | None:
    """The id of the tool call in the JSON of a tool's message, found without parsing what may be large.

    A tool's own answer inside the dump is escaped JSON, so its quotes never match.
    """
    match = _CALL_ID.search(dump) if isinstance(dump, str) and dump.startswith(_DUMPS) else None
    return match[1] if match else None


def is_agent_graph(span: Span, *, named: bool) -> bool:
    """True for the graph of a LangChain agent, which is recorded as a chain that bears the agent's own name.

    `named` says that the agent's name came from LangChain (`lc_agent_name`), not from the node of a graph.
    """
    return named and span.kind is Kind.STEP and span.agent is not None and span.agent == span.name
