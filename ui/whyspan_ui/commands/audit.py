"""`whyspan audit`: what runs did outside of themselves and who agreed, and who did what about rules, incidents and verdicts."""

import argparse
from typing import Final, get_args

from rich.text import Text

from whyspan_analysis.audit.build import trail
from whyspan_analysis.audit.model import AuditEntry, EntryKind
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import out, sentence, text

EXAMPLES: Final = (
    "whyspan audit 4bf92f35                             # what the run did, who agreed, and whether its record is whole",
    "whyspan audit --since 7d --kind rule               # who activated, shadowed or retired which rule, when and why",
    "whyspan audit --kind override                      # who let a call happen against a rule, and when",
    "whyspan audit --kind action                        # everything that was changed outside",
    "whyspan audit --json > audit.jsonl                 # one entry a line; schema in docs/schemas",
)
_STYLES: Final = {
    "block": "bold red",
    "overridden": "bold yellow",
    "broken": "bold red",
    "cannot be undone": "bold red",
    "reached somebody": "yellow",
    "open": "yellow",
    "whole": "green",
}
_ANSWERS: Final = {True: ("agreed  ", "green"), False: ("refused  ", "bold red"), None: ("asked  ", "yellow")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, and which entries."""
    parser.add_argument("runs", metavar="RUN", nargs="*", help="any unique beginning of a run id (default: all runs)")
    parser.add_argument(
        "--kind", action="append", choices=get_args(EntryKind), help="only these entries; may be repeated"
    )
    access.add_since(parser)
    access.add_data(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line (docs/schemas/audit.schema.json)")


def run(options: argparse.Namespace) -> int:
    """Prints the trail, oldest first."""
    with access.opened(options) as store:
        run_ids = [access.find_run(store, reference) for reference in options.runs] or None
        found = [
            entry
            for entry in trail(store, run_ids, options.since)
            if options.kind is None or entry.kind in options.kind
        ]
    for entry in found:
        if options.json:
            terminal.print_json(entry.model_dump_json(by_alias=True))
        else:
            _print(entry)
    if not found:
        terminal.err.print("Nothing of that kind was done.")
    return 0


def _print(entry: AuditEntry) -> None:
    what = entry.undoing or entry.verdict or ""
    doubt = " (it failed, and may have happened)" if entry.certain is False else ""
    subject = entry.subject if entry.subject != entry.run_id else ""
    by = f"  by {entry.who}" if entry.who else ""
    where = f"  run {entry.run_id[:12]}" if entry.run_id else ""
    out.print(
        text(
            (f"{(entry.at or 'at no known time')[:19]}  ", "dim"),
            f"{entry.kind:<9} ",
            (f"{what}{doubt}  ", _STYLES.get(what, "bold")),
            sentence(one_line(f"{subject} {entry.text}".strip(), 240)),
            f"{by}",
            (where, "dim"),
            (f"  {entry.proof[:8]}" if entry.kind in ("rule", "incident") and entry.proof else "", "dim"),
        ),
        soft_wrap=True,
    )
    for line in _approvals(entry):
        out.print(text((" " * 31, ""), line))


def _approvals(entry: AuditEntry) -> list[Text]:
    if entry.kind != "action" or entry.undoing == "can be undone":
        return []
    if not entry.approvals:
        return [text(("nobody was asked about this call", "yellow"))]
    return [
        text(
            _ANSWERS[each.agreed],
            f"{each.who or 'somebody'}: ",
            sentence(one_line(each.text, 200)),
            ("  (asked before it, in words that name it)" if each.derived else "", "dim"),
        )
        for each in entry.approvals
    ]
