"""`whyspan why`: the diagnosis of runs, for people, for a pull request or for a machine."""

import argparse
import json
from collections.abc import Iterator
from typing import Any, Final

from rich.padding import Padding

from whyspan_analysis.batch import diagnose_run
from whyspan_analysis.judge import judge
from whyspan_analysis.judge.settings import NoJudge, Settings
from whyspan_analysis.load import load_run
from whyspan_analysis.output.diagnosis import diagnosis_document
from whyspan_analysis.report import markdown
from whyspan_analysis.report.wording import count
from whyspan_analysis.words import held_beside
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access, rules_text
from whyspan_ui.errors import UsageError
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import out, sentence, text, word

EXAMPLES: Final = (
    "whyspan why 4bf92f35",
    "whyspan why 4bf92f35 --format markdown >> $GITHUB_STEP_SUMMARY",
    "whyspan why --all --format json | jq -r .verdict",
    "WHYSPAN_JUDGE_URL=http://127.0.0.1:11434/v1 WHYSPAN_JUDGE_MODEL=qwen3 whyspan why 4bf92f35 --judge",
)
RIVALS: Final = 3
"""Other hypotheses shown for people; JSON has all."""
_QUOTE_WIDTH: Final = 200
_AT_ONCE: Final = 500
"""Documents read with one query: 5 MB of memory, and a five-hundredth of the time a query takes for each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, and in which form."""
    parser.add_argument(
        "runs", metavar="RUN", nargs="*", help="any unique beginning of a run id, a trace id, or the agent's own run id"
    )
    parser.add_argument("--all", action="store_true", help="every stored run, in the order they began")
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown"),
        default="text",
        help="json is one object a line (default: text)",
    )
    parser.add_argument(
        "--judge",
        action="store_true",
        help="also ask a model of yours for its opinion on failed runs: sends quoted evidence to WHYSPAN_JUDGE_URL",
    )
    parser.add_argument("--json", action="store_const", dest="format", const="json", help="the same as --format json")
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Explains the runs."""
    if options.all == bool(options.runs):
        raise UsageError("name one or more runs, or --all; `whyspan runs` lists them")
    judging = judge_settings() if options.judge else None
    with access.opened(options) as store:
        access.diagnose_settled(store, access.config(options).quiet_seconds)
        every = store.query("diagnoses")["run_id"].to_pylist() if options.all else []
        run_ids = every or [access.find_run(store, reference) for reference in options.runs]
        for run_id, stored in documents(store, run_ids):
            document = judged(store, run_id, stored, judging) if judging is not None else stored
            if options.format == "json":
                terminal.print_json(document)
            elif options.format == "markdown":
                terminal.print_plain(markdown.explain(json.loads(document)))
            else:
                diagnosis = json.loads(document)
                print_diagnosis(store.query("run", run_id=run_id).to_pylist()[0], diagnosis)
                if diagnosis["hypotheses"] and store.query("siblings", run_id=run_id, limit=1).num_rows:
                    out.print()
                    out.print(text((f"Beside a run that passed: whyspan compare {run_id[:12]}", "dim")))
                broken = store.query("rule_violations", run_id=run_id).to_pylist()
                section("Rules it broke", map(rules_text.broken_line, broken))
                out.print()
    return 0


def judge_settings() -> Settings:
    """Which model is asked. Raises UsageError when none is configured."""
    try:
        return Settings.from_environment()
    except NoJudge as error:
        raise UsageError(str(error)) from error


def judged(store: AnyStore, run_id: str, document: str, settings: Settings) -> str:
    """The document of a run with the opinion of a model, which is asked about failed runs only."""
    diagnosis = json.loads(document)
    if diagnosis["outcome"]["status"] != "failed":
        return document
    return json.dumps({**diagnosis, "opinion": judge(load_run(store, run_id), diagnosis, settings).model_dump()})


def documents(store: AnyStore, run_ids: list[str]) -> Iterator[tuple[str, str]]:
    """Each run with its `whyspan.diagnosis/1` as it is now: the stored one, or one made here where the run is still arriving."""
    for start in range(0, len(run_ids), _AT_ONCE):
        some = run_ids[start : start + _AT_ONCE]
        stored = {row["run_id"]: row["document"] for row in store.query("documents", run_ids=some).to_pylist()}
        for run_id in some:
            yield run_id, stored.get(run_id) or diagnosis_document(diagnose_run(store, run_id)).model_dump_json()


def print_diagnosis(row: dict[str, Any], document: dict[str, Any]) -> None:
    """The diagnosis on the terminal: outcome, verdict, how it came to it, rivals, what speaks against it, what is missing."""
    outcome = document["outcome"]
    agent = f"agent {row['agent']}" if row["agent"] else row["name"]
    out.print(
        text(
            (f"run {row['run_id']}", "bold"),
            f"  {agent}, {count(row['spans'], 'span')}, {count(row['model_calls'], 'model call')}, {count(row['tool_calls'], 'tool call')}",
        )
    )
    out.print(text(word(outcome["status"]), "  ", sentence(outcome["check"]), "  ", word(outcome["class"])))
    hypotheses = document["hypotheses"]
    if document["verdict"]:
        out.print()
        out.print(text(word(document["grade"]), " cause  ", sentence(document["verdict"])))
    if len(document["chain"]) > 1:
        section("How it came to this", chain_lines(document["chain"]))
    if hypotheses and document["siblings"] is not None:
        out.print()
        out.print(sentence(held_beside(document["siblings"])))
    if document["suspects"]:
        out.print()
        out.print(sentence(document["suspects"]["text"]))
    if hypotheses:
        section("What speaks against it", (sentence(f"- {reason}") for reason in hypotheses[0]["against"]))
        section(
            "How the score adds up, in bits",
            (text(f"{term['bits']:+6.2f}  ", sentence(term["reason"])) for term in hypotheses[0]["unfold"]),
        )
        section("Other candidates", (rival_line(rival) for rival in hypotheses[1 : 1 + RIVALS]))
    if document["opinion"]:
        print_opinion(document["opinion"])
    section("What it changed outside, or may have", map(change_line, document.get("changed_outside", ())))
    section("Not captured", (sentence(f"- {gap}") for gap in (*document["missing"], *document["cannot_tell"])))


def section(title: str, lines: Iterator[Any]) -> None:
    """A titled, indented block; nothing when it has no lines."""
    listed = list(lines)
    if listed:
        out.print()
        out.print(text((title, "underline")))
        for line in listed:
            out.print(Padding(line, (0, 0, 0, 2)))


def chain_lines(chain: list[dict[str, Any]]) -> Iterator[Any]:
    """The causal chain: each sentence with its class, and below it what the trace says, where."""
    for step in chain:
        yield text(word(step["class"]), " ", sentence(step["text"]))
        for ref in step["refs"]:
            if ref["quote"]:
                place = f"  span {ref['span_id']}" + (f", {ref['field']}" if ref["field"] else "")
                yield Padding(text((one_line(ref["quote"], _QUOTE_WIDTH), "italic"), (place, "dim")), (0, 0, 0, 4))
        for each in step["beside"]:
            place = f"  in run {each['run_id'][:12]}, span {each['ref']['span_id']}"
            yield Padding(
                text(("there ", "dim"), (one_line(each["ref"]["quote"] or "", _QUOTE_WIDTH), "italic"), (place, "dim")),
                (0, 0, 0, 4),
            )


def print_opinion(opinion: dict[str, Any]) -> None:
    """What a model said, each sentence marked as its opinion, and how much of it was refused."""
    choice = f"It would blame span {opinion['choice_span_id']}." if opinion["choice_span_id"] else "It names no cause."
    lines = [text(opinion["trouble"] or choice)]
    section(
        f"What the model {one_line(opinion['model'], 40)} says: its citations were checked, its claims were not",
        iter(lines),
    )
    for line in chain_lines(opinion["claims"]):
        out.print(Padding(line, (0, 0, 0, 2)))
    for each in opinion["refused"]:
        out.print(Padding(text(("refused ", "yellow"), f"a claim, because {each['because']}"), (0, 0, 0, 2)))


def change_line(change: dict[str, Any]) -> Any:
    """One thing a run changed outside, or may have."""
    doubt = "" if change["certain"] else " (it failed, and may have happened)"
    return text(
        (f"{change['undoing']}{doubt}  ", "bold"),
        f"{change['tool']} ",
        sentence(one_line(change["arguments"], 120)),
        (f"  span {change['span_id']}", "dim"),
    )


def rival_line(rival: dict[str, Any]) -> Any:
    """Another hypothesis on one line, with its score and the first thing found there."""
    where = " ".join(name for name in (rival["agent"], rival["tool"]) if name) or f"span {rival['span_id']}"
    found = rival["findings"][0]["message"] if rival["findings"] else "no finding here; ranked by its place in the run"
    return text(f"{rival['rank']}. ", word(rival["grade"]), f" {rival['score']:+.2f}  {where}: ", sentence(found))
