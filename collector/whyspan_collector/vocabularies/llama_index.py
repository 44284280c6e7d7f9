"""LlamaIndex's agents, which are recorded as steps of a workflow in Python's `repr` of its events."""

import re
from typing import Final

from whyspan.semconv import Kind
from whyspan_collector.records import Span

_AGENT: Final = re.compile(r"(?:\w*Agent|AgentWorkflow)\.run\Z")
_NAME: Final = re.compile(r"current_agent_name='([^'\\]{1,200})'")
_PREPARATION: Final = "._prepare_chat_with_tools"


def refine(span: Span) -> None:
    """The agent and its name; what prepares a model call is none."""
    if span.kind is Kind.MODEL_CALL and span.name.endswith(_PREPARATION):
        span.kind = Kind.STEP
    elif span.kind is Kind.STEP and span.scope is not None and span.scope.endswith("llama_index"):
        if _AGENT.match(span.name):
            span.kind = Kind.AGENT
        if span.agent is None and (match := _NAME.search(str(span.attributes.get("input.value", "")))):
            span.agent = match[1]
