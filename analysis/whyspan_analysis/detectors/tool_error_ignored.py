"""A tool failed, the model saw it, and answered as if nothing had happened."""

import re
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.fields import first_line
from whyspan_analysis.model import Finding, Role

_SPEAKS_OF_IT = re.compile(
    r"error|fail|time[ds]?[ -]?out|unable|could(?:n't| not)|can(?:'t|not)|not (?:found|available|possible|exist)|unavailable"
    r"|sorry|apolog|problem|issue|invalid|no such|missing|unknown|wrong|instead|reject|does(?:n't| not)",
    re.IGNORECASE,
)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires when the call that saw the error neither acts again nor speaks of anything having gone wrong."""
    for action in case.actions:
        if action.error is None or (call := case.seen_by(action)) is None:
            continue
        said = " ".join(words for _, words in call.texts)
        if call.actions or not said or _SPEAKS_OF_IT.search(said) or action.name in said:
            continue
        yield detector.finding(
            call.span.span_id,
            f'`{action.name}` failed with "{first_line(action.error)}", and the answer does not mention it.',
            [*case.action_refs(action), case.ref((call.span.span_id, call.texts[0][0]))],
            origin_span_id=action.span_id,
        )


DETECTOR = Detector("tool_error_ignored", "A tool error was ignored", Role.CAUSE, 6.0, find)
