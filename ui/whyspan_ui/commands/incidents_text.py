"""Incidents on the terminal."""

from collections.abc import Iterator
from typing import Any

from whyspan_analysis.incidents.model import Incident, IncidentsDocument, Prevention
from whyspan_analysis.incidents.words import change_words, measure_words, prevention_words, sparkline
from whyspan_analysis.report.wording import cost, count, duration, number, percent, when
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import err, out, sentence, text, word
from whyspan_ui.terminal import print_list as print_rows


def print_list(document: IncidentsDocument) -> None:
    """The alarms; the incidents, most runs first, each with what happened below it; the pairs that may be one."""
    for alarm in document.alarms:
        out.print(text(("ALARM  ", "bold red"), sentence(alarm.text)))
    if document.alarms:
        out.print()
    if not document.incidents:
        err.print(f"No incident: none of {count(document.runs, 'diagnosed run')} failed.")
        return
    rows = [
        (
            (
                incident.id,
                text(word(incident.status), " again" if incident.reopened else ""),
                number(incident.runs),
                percent(incident.share),
                when(incident.first_seen),
                when(incident.last_seen),
                sparkline(incident.trend),
            ),
            list(_notes(incident)),
        )
        for incident in document.incidents
    ]
    print_rows(("incident", "status", "runs", "of runs", "first seen", "last seen", f"by {document.period}"), rows)
    for proposal in document.proposals:
        out.print()
        out.print(text(f"{proposal.incident} and {proposal.other} may be one. ", sentence(proposal.reason)))
        out.print(
            text(
                (
                    f"  whyspan incidents merge {proposal.incident} {proposal.other}   (or split, to keep them apart)",
                    "dim",
                )
            )
        )


def _notes(incident: Incident) -> Iterator[Any]:
    yield sentence(one_line(incident.title, 200))
    facts = []
    if incident.introduced_in:
        facts.append(f"since version {incident.introduced_in.version}")
    if incident.reopened:
        facts.append(incident.reopened.text)
    if incident.owner:
        facts.append(f"owner {incident.owner}")
    if facts:
        yield text((one_line("; ".join(facts), 200), "dim"))
    if incident.prevention:
        yield text(*prevented(incident.prevention))


def prevented(prevention: Prevention) -> Iterator[Any]:
    """What was done about an incident and whether it worked."""
    if prevention.state is not None:
        yield (f"{prevention.state}  ", _STATES[prevention.state])
    yield sentence(one_line(prevention_words(prevention), 300))


_STATES = {"prevented": "green", "came back": "bold red", "quiet": "dim"}


def print_incident(incident: Incident) -> None:
    """Everything about one."""
    out.print(text((f"incident {incident.id}  ", "bold"), word(incident.status)))
    out.print(sentence(incident.title))
    out.print()
    for name, value in _facts(incident):
        out.print(text((f"{name:<14}", "dim"), one_line(value, 300)), soft_wrap=True)
    if len(incident.versions) > 1:
        out.print()
        rows = [
            ((v.version, number(v.failed), number(v.runs), percent(v.failed / v.runs)), ()) for v in incident.versions
        ]
        print_rows(("version", "failed", "runs", "share"), rows)
    print_changes(incident)
    out.print()
    out.print(text(("Runs that show it best", "underline")))
    for example in incident.examples:
        out.print(
            text(f"  whyspan why {example.run_id[:12]}  ", word(example.grade), "  ", sentence(example.verdict or ""))
        )
    if incident.prevention:
        out.print()
        out.print(text(("What was done about it", "underline")))
        for measure in incident.prevention.measures:
            out.print(text("  ", sentence(measure_words(measure))), soft_wrap=True)
    if incident.notes:
        out.print()
        out.print(text(("Notes", "underline")))
        for note in incident.notes:
            out.print(text(f"  {when(note.at)}  {note.person or 'somebody'}: {note.text}"))


def print_changes(incident: Incident) -> None:
    """What separates its runs from passing ones; that nothing does, or that there are too few runs to say."""
    out.print()
    out.print(text(("What separates its runs from passing ones", "underline")))
    if incident.changed is None:
        out.print("  Too few runs to say.")
    elif not incident.changed:
        out.print("  Nothing that is known of the runs.")
    for change in incident.changed or ():
        out.print(text("  ", (f"{change.name} {change.value}", "bold"), f": {change_words(change)}"))


def _facts(incident: Incident) -> Iterator[tuple[str, str]]:
    yield "failed runs", f"{number(incident.runs)}, {percent(incident.share)} of the runs of the agents concerned"
    yield "seen", f"{when(incident.first_seen)} to {when(incident.last_seen)}"
    yield "trend", sparkline(incident.trend)
    if introduced := incident.introduced_in:
        yield (
            "came in with",
            (
                f"version {introduced.version}: {introduced.failed_since} of {introduced.runs_since} runs since, "
                f"{introduced.failed_before} of {introduced.runs_before} before"
            ),
        )
    if incident.reopened:
        yield (
            "reopened",
            f"{incident.reopened.text} (run {incident.reopened.run_id[:12]}, {when(incident.reopened.at)})",
        )
    elif incident.fixed_in:
        yield "fixed in", incident.fixed_in
    if prevention := incident.prevention:
        yield "prevention", f"{f'{prevention.state}: ' if prevention.state else ''}{prevention_words(prevention)}"
    yield "agents", ", ".join(incident.agents) or "not named"
    yield "models", ", ".join(incident.models) or "not named"
    yield "cost", cost(incident.cost, incident.costs_recorded, incident.costs_derived, incident.costs_unknown)
    yield "time", duration(incident.time_ms)
    yield "owner", incident.owner or "nobody"
    if len(incident.signatures) > 1:
        yield "signatures", ", ".join(incident.signatures)
    for name, value in incident.parts.model_dump().items():
        if value is not None:
            yield name, value
