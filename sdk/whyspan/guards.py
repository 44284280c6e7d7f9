"""A guard: a check that may stop or change an action, and what it made of it."""

from os import PathLike
from typing import TYPE_CHECKING, overload

from whyspan import enforcement, semconv
from whyspan.enforcement import BUDGET_SECONDS
from whyspan.faults import contained, warn_once
from whyspan.rules.events import Event, On
from whyspan.semconv import Kind, Verdict, VerdictName
from whyspan.spans import ActiveSpan, Sendable, named, sendable
from whyspan.values import QUOTE_LIMIT, cut, is_a, shown, to_json, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whyspan.rule_guard import Ask, DryRun, RuleGuard
    from whyspan.rule_sources import Source

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
            rules = enforcement.current()
            if rules is not None:
                words = "" if because is None else to_text(because)
                rules.happened(Event(On.GUARD, to_text(self._guard), out=known and known.value, text=words))

    def _name(self) -> str:
        return named("guard", self._guard)

    def _attributes(self) -> Sendable:
        attributes = {
            semconv.GUARD_NAME: self._guard,
            semconv.GUARD_CHECKED: None if self._checked is None else to_json(self._checked),
        }
        return sendable(attributes)


@overload
def guard(name: str, /, *, checked: object = None) -> Guard: ...
@overload
def guard(
    *,
    rules: "Source",
    copy: str | PathLike[str] | None = None,
    ask: "Ask | None" = None,
    dry_run: "Mapping[str, DryRun] | None" = None,
    seconds: float = BUDGET_SECONDS,
) -> "RuleGuard": ...
def guard(  # noqa: PLR0913 - all by name, and all optional but one
    name: str | None = None,
    /,
    *,
    checked: object = None,
    rules: "Source | None" = None,
    copy: str | PathLike[str] | None = None,
    ask: "Ask | None" = None,
    dry_run: "Mapping[str, DryRun] | None" = None,
    seconds: float = BUDGET_SECONDS,
) -> "Guard | RuleGuard":
    """Records a guard of your own, as a `with` block whose `decide()` records its verdict; or, with `rules`, enforces rules.

    Rules are looked at before a tool runs, work is handed over or an answer is given, on what the agent itself records:
    tools, model calls, handoffs. A call that breaks an active rule raises `GuardBlocked` (its text is for the model), is
    asked about, is replaced by a dry run, or goes on with a warning, as the rule says. Every such verdict is a span.

    Args:
        name: Which guard.
        checked: What it looks at: the arguments of a tool, the text of an answer.
        rules: A file of `whyspan rules export -o rules.json`, the URL of a collector, or rules.
        copy: With a URL, a file that keeps the rules for when the collector is away.
        ask: Called with a `Request` where a rule asks for consent; True, or a `Consent` that says who gave it, lets the call
            happen. Without it nobody agrees.
        dry_run: Tool's name to what gives its result in a dry run, called with the same arguments.
        seconds: Computing time the rules may take for one call; those that come too late and fail open are skipped.

    Raises:
        RuleError: a rule means nothing.

    Example:
        >>> with guard("refund limit", checked={"amount": 400}) as check:
        ...     check.decide("block", because="over 100 without a person's consent")
        >>> @tool(effect="irreversible")
        ... def refund(order: str, amount: float) -> str:
        ...     return "done"
        >>> limit = {"id": "refund-limit", "kind": "absence", "a": 'e.name == "refund" && e.args.amount > 100.0'}
        >>> limit |= {"scope": {"on": ["call"]}, "message": "Refunds over 100 are a person's business.", "status": "active"}
        >>> with guard(rules=[limit]):
        ...     try:
        ...         refund("o-17", 400.0)
        ...     except GuardBlocked as blocked:
        ...         print(blocked)
        refund was not carried out: Refunds over 100 are a person's business. (rule refund-limit)
    """
    if rules is None:
        return Guard("guard" if name is None else name, checked=checked)
    from whyspan.rule_guard import RuleGuard
    from whyspan.rule_sources import load_rules

    return RuleGuard(load_rules(rules, copy), ask=ask, dry_run=dry_run, seconds=seconds)
