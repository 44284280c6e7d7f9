"""`whyspan incidents`: what fails, since when, how often and at what cost; and what people did about it."""

import argparse
import getpass
import time
from functools import partial
from typing import Final

from whyspan_analysis.incidents.acts import event, parts_of
from whyspan_analysis.incidents.alarms import read_alarms
from whyspan_analysis.incidents.build import Url, build, read_period
from whyspan_analysis.incidents.model import Incident, IncidentsDocument
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access, incidents_text, processes
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan incidents                                  # most runs first",
    "whyspan incidents list --since 7d agent:refunds",
    "whyspan incidents show 3b896b",
    "whyspan incidents fix 3b896b --version 1.4.0       # reopens itself when a run of 1.4.0 or later shows it again",
    "whyspan incidents note 3b896b 'the vendor knows, ticket 812'",
    "whyspan incidents merge 3b896b 97a7c5              # the first becomes a part of the second",
    "whyspan incidents --json | jq '.incidents[] | {id, title, runs, introduced_in}'",
)
ACTIONS: Final = {
    "list": "FILTER...: the incidents of the runs this holds for (docs/filter.md)",
    "show": "ID: everything about one",
    "ack": "ID: somebody looks after it",
    "fix": "ID [--version V]: it is fixed, in this version",
    "ignore": "ID: it does not matter",
    "reopen": "ID: it is not settled after all",
    "assign": "ID NAME: who looks after it; without a name, nobody",
    "note": "ID WORDS: something to remember",
    "merge": "ID OTHER: both are one cause, known as OTHER from now on",
    "split": "ID OTHER: they are two causes, and are not proposed for merging again",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which incident."""
    access.add_actions(parser, ACTIONS)
    parser.add_argument("--version", metavar="V", help="with fix: the version that holds the fix")
    parser.add_argument("--by", metavar="NAME", help="who does it (default: the name of the account)")
    access.add_since(parser)
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Lists, shows, or records what somebody did."""
    settings = access.config(options)
    wanted = access.checked_filter(" ".join(options.words)) if options.action == "list" else ""
    with access.opened(options) as store:
        access.diagnose_settled(store, settings.quiet_seconds)
        dashboard = processes.dashboard_url(settings.data)
        url: Url = partial(processes.run_url, dashboard) if dashboard else lambda _: None
        if options.action not in ("list", "show"):
            record(store, options, build(read_period(store)))
        raised = read_alarms(store, time.time_ns()) if options.action == "list" else ()
        found = build(read_period(store, options.since, filter_text=wanted), url, raised)
    if options.action == "list":
        if options.json:
            terminal.print_json(found.model_dump_json(by_alias=True))
        else:
            incidents_text.print_list(found)
        return 0
    incident = find(found, words(options)[0])
    if options.json:
        terminal.print_json(incident.model_dump_json(by_alias=True))
    else:
        incidents_text.print_incident(incident)
    return 0


def words(options: argparse.Namespace) -> list[str]:
    """What the action takes. Raises UsageError where there is too little or too much of it."""
    least, most = {"note": (2, 99), "assign": (1, 2), "merge": (2, 2), "split": (2, 2)}.get(options.action, (1, 1))
    given: list[str] = options.words
    if not least <= len(given) <= most:
        raise UsageError(f"`whyspan incidents {options.action}` takes {ACTIONS[options.action]}")
    return given


def find(document: IncidentsDocument, reference: str) -> Incident:
    """The incident whose id, or a signature merged into it, begins so. Raises UsageError where that is none, or several."""
    found = [
        incident
        for incident in document.incidents
        if any(signature.startswith(reference.lower()) for signature in (incident.id, *incident.signatures))
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"no incident {reference!r} in these runs; `whyspan incidents` lists them")
    raise UsageError(
        f"{reference!r} means {len(found)} incidents; write more of it: {', '.join(i.id for i in found[:10])}"
    )


def record(store: AnyStore, options: argparse.Namespace, known: IncidentsDocument) -> None:
    """Adds what was done to the ledger."""
    reference, *rest = words(options)
    if options.version is not None and options.action != "fix":
        raise UsageError("--version goes with `whyspan incidents fix`")
    incident = find(known, reference).id
    joins = options.action in ("merge", "split")
    store.record_incident_event(
        event(
            options.action,
            incident,
            person=options.by or account(),
            text=" ".join(rest) or None,
            version=options.version,
            other=other(known, options.action, incident, rest[0]) if joins else None,
        )
    )


def other(known: IncidentsDocument, action: str, incident: str, reference: str) -> str:
    """The signature merged with, or taken out of, an incident. Raises UsageError where it is the incident itself."""
    found = find(known, reference)
    if found.id != incident:
        return found.id
    members = [each for each in parts_of(found) if each.startswith(reference.lower())]
    if action == "split" and len(members) == 1:
        return members[0]
    raise UsageError(
        f"{reference!r} and {incident} are one incident; `whyspan incidents show {incident}` names its signatures"
    )


def account() -> str | None:
    """Who works here, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no account for this user id, as in some containers
        return None
