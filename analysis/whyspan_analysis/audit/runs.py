"""What one run did outside of itself, whom it asked and what guards said, as its spans recorded it."""

from collections.abc import Iterator
from typing import Any

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.audit.approvals import approvals, asked_words, asks, overrides, reason, text_of, who_agreed
from whyspan_analysis.audit.model import Approval, AuditEntry
from whyspan_analysis.model import Change, Run
from whyspan_analysis.output.parts import rfc3339
from whyspan_analysis.outside import change_of
from whyspan_analysis.reconstruct import read_steps
from whyspan_collector.records import Span


def entries_of(run: Run) -> Iterator[tuple[int, AuditEntry]]:
    """The entries of a run, each with its time in nanoseconds; in the order of its spans."""
    steps = read_steps(run)
    done = [(action, change) for action in steps.actions if (change := change_of(action)) is not None]
    agreed = approvals(run, [action for action, _ in done])
    changed: dict[str, list[tuple[Change, list[Approval]]]] = {}
    for action, change in done:
        changed.setdefault(change.span_id, []).append((change, agreed[id(action)]))
    for span in run.spans:
        about: dict[str, Any] = {
            "at": rfc3339(span.start_ns),
            "run_id": run.run_id,
            "span_id": span.span_id,
            "agent": steps.agents[span.span_id],
            "proof": text_of(span, semconv.CHAIN),
        }
        if asks(span):
            yield span.start_ns, _person(span, about)
            continue
        if span.kind is Kind.GUARD:
            yield span.start_ns, _override(run, span, about) if overrides(span) else _guard(span, about)
        for change, asked in changed.get(span.span_id, ()):
            yield span.start_ns, _action(change, asked, about)


def _action(change: Change, asked: list[Approval], about: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        **about,
        kind="action",
        subject=change.tool,
        text=change.arguments,
        undoing=change.undoing,
        certain=change.certain,
        digest=change.digest,
        approvals=asked,
    )


def _person(span: Span, about: dict[str, Any]) -> AuditEntry:
    who = text_of(span, semconv.HUMAN_NAME)
    return AuditEntry(**about, kind="person", who=who, subject=span.tool or span.name, text=asked_words(span))


def _override(run: Run, span: Span, about: dict[str, Any]) -> AuditEntry:
    who, derived = who_agreed(run, span)
    return AuditEntry(
        **about,
        kind="override",
        who=who,
        derived=derived,
        subject=text_of(span, semconv.GUARD_NAME) or span.name,
        text=f"{reason(span)} {text_of(span, semconv.GUARD_CHECKED) or ''}".strip(),
        verdict="overridden",
    )


def _guard(span: Span, about: dict[str, Any]) -> AuditEntry:
    action = text_of(span, semconv.GUARD_ACTION)
    return AuditEntry(
        **about,
        kind="guard",
        who=text_of(span, semconv.HUMAN_NAME),
        subject=text_of(span, semconv.GUARD_NAME) or span.name,
        text=f"{f'{action}: ' if action else ''}{reason(span)}",
        verdict=text_of(span, semconv.GUARD_VERDICT),
    )
