"""A guard: a check that may stop or change an action, and what it made of it."""

from whyspan import semconv
from whyspan.faults import contained, warn_once
from whyspan.semconv import Kind, Verdict, VerdictName
from whyspan.spans import ActiveSpan, Sendable, named, sendable
from whyspan.values import QUOTE_LIMIT, cut, is_a, shown, to_json, to_text

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
            known = _VERDICTS.get(str.__str__(verdict)) if is_a(verdict, str) else None
            if known is None:
                names = ", ".join(_VERDICTS)
                warn_once(f"unknown verdict {shown(verdict)}, recorded without one; verdicts are {names}")
            else:
                self._quote = known.value if because is None else cut(f"{known.value}: {to_text(because)}", QUOTE_LIMIT)
            self.set({semconv.GUARD_VERDICT: known and known.value, semconv.GUARD_REASON: because})

    def _name(self) -> str:
        return named("guard", self._guard)

    def _attributes(self) -> Sendable:
        attributes = {
            semconv.GUARD_NAME: self._guard,
            semconv.GUARD_CHECKED: None if self._checked is None else to_json(self._checked),
        }
        return sendable(attributes)


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
