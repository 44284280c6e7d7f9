"""`whyspan compare`: two runs side by side, and the first difference the outcome can depend on."""

import argparse
from typing import Any, Final

from rich.padding import Padding

from whyspan_analysis.compare import compare
from whyspan_analysis.compare.document import comparison_document
from whyspan_analysis.compare.siblings import nearest_passing
from whyspan_analysis.load import load_run
from whyspan_analysis.report.wording import count
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import out, sentence, text, word

EXAMPLES: Final = (
    "whyspan compare 4bf92f35",
    "whyspan compare 4bf92f35 7dd2c049",
    "whyspan compare 4bf92f35 7dd2c049 --json | jq '.differences[.first]'",
)
_SHOWN: Final = 12
"""Differences shown for people; JSON has all."""
_QUOTE_WIDTH: Final = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs."""
    parser.add_argument(
        "run", metavar="RUN", help="the run to understand: any unique beginning of its id, or as in `why`"
    )
    parser.add_argument(
        "other",
        metavar="OTHER",
        nargs="?",
        help="the run to hold beside it (default: the most alike passing run of the same agent)",
    )
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Compares the runs."""
    with access.opened(options) as store:
        access.diagnose_settled(store, access.config(options).quiet_seconds)
        here = load_run(store, access.find_run(store, options.run))
        because = None
        if options.other is not None:
            there = load_run(store, access.find_run(store, options.other))
        else:
            sibling = nearest_passing(store, here)
            if sibling is None:
                raise UsageError(
                    "this agent has no other run that passed to hold it beside; name one: whyspan compare RUN OTHER"
                )
            there, because = sibling.run, sibling.because
    if here.run_id == there.run_id:
        raise UsageError("both are the same run; name two")
    document = comparison_document(compare(here, there), because)
    if options.json:
        terminal.print_json(document.model_dump_json())
    else:
        print_comparison(document.model_dump())
    return 0


def print_comparison(document: dict[str, Any]) -> None:
    """The comparison for people: how both ended, what they were made of otherwise, where they parted, what followed."""
    for title, run_id, outcome in (
        ("here   ", document["run_id"], document["outcome"]),
        ("there  ", document["other_run_id"], document["other_outcome"]),
    ):
        out.print(
            text((title, "dim"), (run_id, "bold"), "  ", word(outcome["status"]), "  ", sentence(outcome["check"]))
        )
    if document["chosen_because"]:
        out.print(text(("       taken: ", "dim"), document["chosen_because"]))
    found = document["differences"]
    print_premises(document)
    out.print()
    if document["first"] is None:
        out.print(text("No difference was found that the outcome can depend on."))
    else:
        print_difference("First difference the outcome can depend on", found[document["first"]])
    if document["first_choice"] not in (None, document["first"]):
        print_difference("First choice that differs", found[document["first_choice"]])
    told = [
        each
        for index, each in enumerate(found)
        if each["consequential"] and index not in (document["first"], document["first_choice"])
    ]
    if told:
        out.print()
        out.print(text(("Then", "underline")))
        for each in told[:_SHOWN]:
            out.print(Padding(sentence(each["text"]), (0, 0, 0, 2)))
        if len(told) > _SHOWN:
            out.print(text(f"  ... and {len(told) - _SHOWN} more; --json has all"))
    absorbed = sum(not each["consequential"] for each in found)
    beside = f"{count(document['aligned'], 'step')} stand beside one of the other run"
    out.print()
    out.print(text((beside + (f"; {count(absorbed, 'difference')} came to nothing" if absorbed else ""), "dim")))


def print_premises(document: dict[str, Any]) -> None:
    """What the runs were made of and told otherwise, and what a different task means for the rest."""
    if document["premises"]:
        out.print()
        out.print(text(("Told or made of otherwise", "underline")))
        for each in document["premises"]:
            out.print(Padding(text(f"{each['field']}: ", *quotes(each)), (0, 0, 0, 2)))
    if not document["same_task"]:
        out.print(
            text(
                (
                    "The tasks differ, or were not captured: not values are compared, but where they came from. That is a weak hint.",
                    "yellow",
                )
            )
        )


def print_difference(title: str, difference: dict[str, Any]) -> None:
    """One difference with its fields, quoted from both runs."""
    out.print(text((title, "underline"), "  ", word(difference["class"])))
    out.print(Padding(sentence(difference["text"]), (0, 0, 0, 2)))
    for each in difference["fields"]:
        out.print(Padding(text((f"{each['field']}: ", "dim"), *quotes(each)), (0, 0, 0, 4)))
    spans = [
        f"{side} span {span_id}"
        for side, span_id in (("here", difference["span_id"]), ("there", difference["other_span_id"]))
        if span_id
    ]
    link = "" if difference["linked"] else "; no recorded value or choice leads from it to the outcome"
    out.print(Padding(text((", ".join(spans) + link, "dim")), (0, 0, 0, 4)))


def quotes(field: dict[str, Any]) -> list[Any]:
    """What stood in a field here and there."""
    mine, theirs = (
        one_line(ref["quote"] or "", _QUOTE_WIDTH) if ref else "nothing" for ref in (field["here"], field["there"])
    )
    return [(mine, "bold"), ("  there ", "dim"), (theirs, "bold")]
