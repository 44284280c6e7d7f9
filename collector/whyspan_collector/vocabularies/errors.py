"""What went wrong in a span, by its attributes, its exception events and its status."""

import re
from collections.abc import Mapping

from whyspan_collector.records import Span
from whyspan_collector.vocabularies.lenient import as_text

_EXCEPTION = "exception"
# LangSmith sends every error as an Exception whose message is Python's `repr` of the real one and its traceback.
_REPR = re.compile(r"([A-Za-z_]\w*)\((['\"])(.*)\2(?:,[^\n]*)?\)(?=Traceback \(most recent call last\))", re.DOTALL)


def fill_errors(span: Span) -> None:
    """Set `error_type` and `error_message` where the attributes named none.

    The last exception event counts, as the one that left the span; also on spans whose status nobody set, because many
    instrumentations never set one. Where the status is `ok`, the instrumentation has judged (a cancelled generator).
    """
    if span.status == "ok":
        return
    for event in reversed(span.events):
        if event.get("name") == _EXCEPTION and isinstance(event.get("attributes"), Mapping):
            attributes = event["attributes"]
            span.error_type = span.error_type or as_text(attributes.get("exception.type"))
            span.error_message = span.error_message or as_text(attributes.get("exception.message"))
            _unpack(span)
            break
    if span.status == "error":
        span.error_message = span.error_message or span.status_message or None


def _unpack(span: Span) -> None:
    if span.error_type == "Exception" and (match := _REPR.match(span.error_message or "")):
        span.error_type, span.error_message = match[1], match[3]
