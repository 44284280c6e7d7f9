"""Spans without any attribute we know whose name says what they are: hand-written agent loops.

Only OpenTelemetry's own form `{operation} {name}` is read, and `tool {name}` as its short form.
"""

import re
from typing import Final

from whyspan.semconv import Kind
from whyspan_collector.records import Span

_NAMED: Final = re.compile(r"(?P<operation>execute_tool|tool|invoke_agent) (?P<name>[\w.:/-]+)\Z")
NAME: Final = "span-name"


def fill_from_name(span: Span) -> None:
    """Set kind and tool or agent of a span that no vocabulary recognised, where its name has the form."""
    match = _NAMED.match(span.name)
    if match is None:
        return
    span.vocabulary = NAME
    if match["operation"] == "invoke_agent":
        span.kind, span.agent = Kind.AGENT, span.agent or match["name"]
    else:
        span.kind, span.tool = Kind.TOOL, span.tool or match["name"]
