"""What one run did outside of itself, whom it asked and what guards said, as its spans recorded it."""

from collections.abc import Iterator
from typing import Any

from whyspan import semconv
from whyspan.semconv import Kind, Verdict
from whyspan_analysis.audit.model import Approval, AuditEntry
from whyspan_analysis.fields import cut
from whyspan_analysis.model import Change, Run
from whyspan_analysis.output import rfc3339
from whyspan_analysis.outside import changes
from whyspan_analysis.reconstruct import read_steps
from whyspan_collector.records import Span


def entries_of(run: Run) -> Iterator[tuple[int, AuditEntry]]:
    """The entries of a run, each with its time in nanoseconds; in the order of its spans."""
    steps = read_steps(run)
    changed: dict[str, list[Change]] = {}
    for change in changes(steps.actions):
        changed.setdefault(change.span_id, []).append(change)
    for span in run.spans:
        about: dict[str, Any] = {
            "at": rfc3339(span.start_ns),
            "run_id": run.run_id,
            "span_id": span.span_id,
            "agent": steps.agents[span.span_id],
            "proof": _text(span, semconv.CHAIN),
        }
        if _asks(span):
            yield span.start_ns, _person(span, about)
            continue
        if span.kind is Kind.GUARD:
            yield span.start_ns, _guard(span, about)
        for change in changed.get(span.span_id, ()):
            yield span.start_ns, _action(run, change, about)


def _asks(span: Span) -> bool:
    return semconv.HUMAN_QUESTION in span.attributes


def _action(run: Run, change: Change, about: dict[str, Any]) -> AuditEntry:
    approvals = [approval for span in _below(run, change.span_id) if (approval := _approval(span)) is not None]
    return AuditEntry(
        **about,
        kind="action",
        subject=change.tool,
        text=change.arguments,
        undoing=change.undoing,
        certain=change.certain,
        digest=change.digest,
        approvals=approvals,
    )


def _below(run: Run, span_id: str) -> Iterator[Span]:
    waiting = list(run.children.get(span_id, ()))
    while waiting:
        span = waiting.pop(0)
        yield span
        waiting += run.children.get(span.span_id, ())


def _approval(span: Span) -> Approval | None:
    """What inside an action's span let it go ahead: a person who was asked, or a guard that asks and let it pass."""
    if _asks(span):
        who = _text(span, semconv.HUMAN_NAME)
        return Approval(span_id=span.span_id, who=who, text=_asked(span))
    if span.kind is Kind.GUARD and _text(span, semconv.GUARD_ACTION) == "ask":
        passed = _text(span, semconv.GUARD_VERDICT) == Verdict.PASS
        return Approval(span_id=span.span_id, who=None, text=_reason(span)) if passed else None
    return None


def _person(span: Span, about: dict[str, Any]) -> AuditEntry:
    who = _text(span, semconv.HUMAN_NAME)
    return AuditEntry(**about, kind="person", who=who, subject=span.tool or span.name, text=_asked(span))


def _asked(span: Span) -> str:
    answer = _text(span, semconv.TOOL_RESULT)
    return f"{_text(span, semconv.HUMAN_QUESTION)} {'was not answered' if answer is None else f'Answer: {answer}'}"


def _guard(span: Span, about: dict[str, Any]) -> AuditEntry:
    action = _text(span, semconv.GUARD_ACTION)
    return AuditEntry(
        **about,
        kind="guard",
        subject=_text(span, semconv.GUARD_NAME) or span.name,
        text=f"{f'{action}: ' if action else ''}{_reason(span)}",
        verdict=_text(span, semconv.GUARD_VERDICT),
    )


def _reason(span: Span) -> str:
    return _text(span, semconv.GUARD_REASON) or "no reason was recorded"


def _text(span: Span, key: str) -> str | None:
    """An attribute as text, cut; the chain's entry is shorter than that."""
    value = span.attributes.get(key)
    return None if value is None else cut(str(value))
