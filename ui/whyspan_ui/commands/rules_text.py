"""Rules on the terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from whyspan.rules.rule import Rule, RuleStatus
from whyspan_analysis.incidents.recurrence import Counts, RuleMeasure
from whyspan_analysis.rules.history import Measured
from whyspan_analysis.rules.interval import wilson
from whyspan_analysis.rules.propose import Proposal, Rejected
from whyspan_analysis.rules.words import in_words
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import err, out, sentence, text
from whyspan_ui.terminal import print_list as print_rows


def print_checked(name: str, rules: Sequence[Any]) -> None:
    """A file without a mistake."""
    out.print(f"{name}: {len(rules)} {'rule' if len(rules) == 1 else 'rules'}, well formed")
    for rule in rules:
        if not rule.stops:
            out.print(
                text(
                    ("note  ", "yellow"),
                    f"{rule.rule.id} is noticed only when it is too late to stop anything: it reports, it cannot guard",
                )
            )


def print_list(rules: Sequence[Rule]) -> None:
    """The rules that are kept."""
    if not rules:
        err.print(
            "No rule is kept. `whyspan rules propose RUN` makes some from a failure, `whyspan rules add FILE` takes yours."
        )
        return
    rows = [
        (
            (rule.id, _status(rule.status), rule.guard.value, _says(rule, "stopped"), _says(rule, "hit")),
            [text((one_line(in_words(rule), 150), "dim"))],
        )
        for rule in rules
    ]
    print_rows(("rule", "status", "guard", "would have stopped", "would have hit"), rows)


def _says(rule: Rule, name: str) -> str:
    return str((rule.evidence or {}).get(name, "not measured"))


def _status(status: RuleStatus) -> Text:
    return Text(status.value, style={"active": "green", "shadow": "yellow"}.get(status.value, "dim"))


def print_explained(rules: Iterable[Rule]) -> None:
    """What rules say and do, in words."""
    for rule in rules:
        out.print(
            text((rule.id, "bold"), "  ", _status(rule.status), f" by {rule.activated_by}" if rule.activated_by else "")
        )
        out.print(text("  holds when  ", sentence(in_words(rule))))
        out.print(text("  if broken   ", f"the guard {_DOES[rule.guard.value]}"))
        if rule.message:
            out.print(text("  it says     ", sentence(rule.message)))
        if rule.closed:
            out.print("  unchecked   a call in scope that cannot be checked is blocked")
        if rule.proposed_from:
            out.print(f"  made from   run {rule.proposed_from.get('run')}")
        for name in ("stopped", "hit", "lead_calls", "lead_seconds"):
            if rule.evidence and rule.evidence.get(name) is not None:
                out.print(f"  {name:<11} {rule.evidence[name]}")
        out.print()


_DOES = {
    "allow": "lets the call through and records it",
    "warn": "lets the call through with a warning",
    "ask": "asks a person, and blocks unless they agree",
    "block": "blocks the call and says why to the model",
    "dry_run": "gives a substitute's result in the call's place",
}


def print_measured(rule: Rule, measured: Measured) -> None:
    """What a rule would have done to stored runs."""
    stopped, hit = wilson(measured.stopped, measured.failed), wilson(measured.hit, measured.passing)
    out.print(text((rule.id, "bold"), "  ", sentence(in_words(rule))))
    out.print(
        f"  would have stopped {measured.stopped} of {measured.failed} failures in time ({_range(stopped)}); noticed {measured.late} too late"
    )
    out.print(f"  would have hit     {measured.hit} of {measured.passing} good runs ({_range(hit)})")
    if measured.unknown:
        out.print(f"  and                {measured.unknown} runs of unknown outcome, which count for nothing")
    record = measured.record()
    if record["lead_calls"] is not None:
        out.print(
            f"  lead               {record['lead_calls']:g} calls, {record['lead_seconds']:g} s before the run's end (median)"
        )
    for run_id in measured.hit_runs:
        out.print(text(("  hit  ", "red"), run_id))
    out.print()


def _range(interval: tuple[float, float]) -> str:
    return f"95 %: {interval[0]:.1%} to {interval[1]:.1%}"


def print_proposals(proposals: Sequence[Proposal], rejected: Sequence[Rejected]) -> None:
    """The rules proposed against a failure, and those that were tried in vain."""
    if not proposals:
        err.print(
            "No rule: nothing that could be seen before the point of no return tells this run from the good ones."
        )
    for proposal in proposals:
        because = (
            f"what {', '.join(proposal.detectors)} found"
            if proposal.detectors
            else "a sign in the run; no detector spoke of it"
        )
        out.print(text((proposal.rule.id, "bold"), f"  {proposal.level}; against {because}"))
        print_measured(proposal.rule, proposal.measured)
    for each in rejected[:10]:
        err.print(text(("not proposed  ", "dim"), sentence(f"{in_words(each.rule)}: {each.why}")))
    if proposals:
        err.print(f"Kept as candidates. `whyspan rules activate {proposals[0].rule.id} --by NAME` makes one active.")


def print_broken(violations: Sequence[dict[str, Any]]) -> None:
    """What runs broke of the rules in force."""
    if not violations:
        err.print("No run broke a rule that is in force.")
    for each in violations:
        out.print(text(("run ", "dim"), each["run_id"][:12], "  ", broken_line(each)))


def broken_line(violation: dict[str, Any]) -> Text:
    """One rule that a run broke."""
    status = "stopped in the agent" if violation["stopped"] else violation["status"]
    words = f"{violation['event']}: {violation['words']}" if violation["words"] else violation["event"]
    return text((violation["rule_id"], "bold"), f"  {status}  ", sentence(words))


def print_ledger(entries: Sequence[tuple[RuleMeasure, Counts]]) -> None:
    """What became of the failures the rules in force were made against, the latest rule first."""
    if not entries:
        err.print("No rule is in force. `whyspan rules activate ID --by NAME` makes one active.")
        return
    no_notes: list[Text] = []
    rows = [
        (
            (
                rule.rule_id,
                Text(counts.effectiveness.value, style=_EFFECTIVENESS[counts.effectiveness.value]),
                rule.incident or "none",
                f"{datetime.fromtimestamp(counts.since_ns / 1e9, UTC):%Y-%m-%d %H:%M}",
                f"{counts.failures_before} / {counts.failures_since}",
                f"{counts.stopped_since} / {counts.broken_since}",
            ),
            no_notes,
        )
        for rule, counts in sorted(entries, key=lambda each: -each[1].since_ns)
    ]
    print_rows(
        ("rule", "so far", "incident", "in force since (UTC)", "failures before / since", "stopped / not stopped"), rows
    )


_EFFECTIVENESS = {"prevented": "green", "came back": "bold red", "quiet": "dim"}
