"""A guard: a check that may stop or change an action, and what it made of it."""

from whyspan import semconv
from whyspan.faults import contained, warn_once
from whyspan.semconv import Kind, Verdict, VerdictName
from whyspan.spans import ActiveSpan, Attributes
from whyspan.values import to_json

_VERDICTS = {verdict.value: verdict for verdict in Verdict}


class Guard(ActiveSpan):
    """One check before or after an action, as a `with` block; see `guard`."""

    kind = Kind.GUARD

    def __init__(self, name: str, *, checked: object = None) -> None:
        super().__init__()
        self._guard = name
        self._checked = checked

    def decide(self, verdict: VerdictName, *, because: str | None = None) -> None:
        """Records the verdict: `pass`, `change` or `block`; without one it is not known what the guard made of it."""
        with contained:
            known = _VERDICTS.get(verdict)
            if known is None:
                warn_once(f"unknown verdict {verdict!r}, recorded without one; verdicts are {', '.join(_VERDICTS)}")
                return
            self._quote = known.value if because is None else f"{known.value}: {because}"
            self.set({semconv.GUARD_VERDICT: known.value, semconv.GUARD_REASON: because})

    def _name(self) -> str:
        return f"guard {self._guard}"

    def _attributes(self) -> Attributes:
        return {
            semconv.GUARD_NAME: self._guard,
            semconv.GUARD_CHECKED: None if self._checked is None else to_json(self._checked),
        }


def guard(name: str, /, *, checked: object = None) -> Guard:
    """Records a guard, as a `with` block; `decide()` records its verdict.

    Args:
        name: Which guard.
        checked: What it looks at: the arguments of a tool, the text of an answer.

    Example:
        >>> with guard("refund limit", checked={"amount": 400}) as check:
        ...     check.decide("block", because="over 100 without a person's consent")
    """
    return Guard(name, checked=checked)
