"""Evaluation results that say how a run ended."""

from typing import Any, Final

from whyspan.model import Outcome
from whyspan_collector.vocabularies.lenient import as_text

_PASSED: Final = frozenset({"pass", "passed", "true", "yes", "correct", "ok"})
_FAILED: Final = frozenset({"fail", "failed", "false", "no", "incorrect"})


def labelled_outcome(label: Any, check: Any, detail: Any) -> Outcome | None:
    """An outcome when the label says pass or fail. A bare score is none, because its threshold is not on the wire."""
    verdict = (as_text(label) or "").lower()
    if verdict not in _PASSED and verdict not in _FAILED:
        return None
    return Outcome(verdict in _PASSED, as_text(check), as_text(detail))
