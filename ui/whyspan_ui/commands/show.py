"""`whyspan show`: the decision tree of a run: what was chosen, from which options, why, and what it led to."""

import argparse
from collections.abc import Iterator
from typing import Final

from rich.text import Text
from rich.tree import Tree

from whyspan_analysis.decisions import read_decisions
from whyspan_analysis.load import load_run
from whyspan_analysis.model import DecisionNode, OptionView, Run
from whyspan_analysis.output.run import change_document, run_document
from whyspan_analysis.outside import changes
from whyspan_analysis.reconstruct import read_steps
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.commands.why import change_line, section
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import text, word

EXAMPLES: Final = ("whyspan show 4bf92f35", "whyspan show 4bf92f35 --json | jq '.decisions[].question'")
_WIDTH: Final = 160
"""Characters of a rationale or a quote; `--json` has all of it."""
_OPTIONS: Final = 8
"""Options not taken that are shown; an agent may have a hundred tools."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    parser.add_argument(
        "run", metavar="RUN", help="any unique beginning of a run id, a trace id, or the agent's own run id"
    )
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Shows the run."""
    with access.opened(options) as store:
        loaded = load_run(store, access.find_run(store, options.run))
    steps = read_steps(loaded)
    decisions, outside = read_decisions(loaded, steps), changes(steps.actions)
    if options.json:
        terminal.print_json(run_document(loaded, decisions, outside).model_dump_json())
    else:
        print_tree(loaded, decisions)
        section(
            "What it changed outside, or may have",
            (change_line(change_document(each).model_dump()) for each in outside),
        )
    return 0


def print_tree(loaded: Run, decisions: list[DecisionNode]) -> None:
    """The decisions, each below the one whose choice led to it."""
    tree = Tree(
        text((f"run {loaded.run_id}", "bold"), f"  {len(loaded.spans)} spans, {len(decisions)} decisions"),
        guide_style="dim",
    )
    branches: dict[str, Tree] = {}
    parents = led_from(loaded, decisions)
    for node in decisions:
        above = branches.get(parents.get(node.decision_id, ""), tree)
        branches[node.decision_id] = add_decision(above, loaded, node)
    terminal.out.print(tree)
    if not decisions:
        terminal.out.print(
            "No decision was recorded, and none could be derived: there is no model call that offers tools or answers."
        )
    for gap in loaded.missing:
        terminal.out.print(text(("not captured: ", "yellow"), gap))
    terminal.out.print(
        text(
            ("● chosen  ○ not taken   ", "dim"),
            word("recorded"),
            (" the agent said so  ", "dim"),
            word("derived"),
            (" computed from the trace", "dim"),
        )
    )


def led_from(loaded: Run, decisions: list[DecisionNode]) -> dict[str, str]:
    """Decision -> the decision whose choice was carried out by a span that holds it."""
    carried = {span_id: node.decision_id for node in decisions for span_id in node.led_to}
    led: dict[str, str] = {}
    for node in decisions:
        passed = {node.span_id}
        above = loaded.span(node.span_id).parent_span_id
        while above is not None and above in loaded.order and above not in passed:
            if carried.get(above, node.decision_id) != node.decision_id:
                led[node.decision_id] = carried[above]
                break
            passed.add(above)
            above = loaded.span(above).parent_span_id
    return led


def add_decision(above: Tree, loaded: Run, node: DecisionNode) -> Tree:
    """One decision: the question, the chosen option, the others, why, on what, and what came of it."""
    agent = (f"  {node.agent}", "dim") if node.agent else None
    branch = above.add(
        text((f"{node.step}. ", "bold"), (one_line(node.question, _WIDTH), "bold"), agent, "  ", word(node.source))
    )
    for line in (*option_lines(node), *ground_lines(node), *(led_to_line(loaded, span_id) for span_id in node.led_to)):
        branch.add(line)
    for gap in node.missing:
        branch.add(text((f"not captured: {gap}", "yellow")))
    return branch


def option_lines(node: DecisionNode) -> Iterator[Text]:
    """The chosen option, then the others: each with what spoke against it, those without a word on one line."""
    taken = [option for option in node.options if option.chosen]
    for option in taken:
        yield text((f"● {one_line(option.label, 80)}", "bold"), (argued(option), "dim"))
    if node.choice is not None and not taken:
        yield text((f"● {one_line(node.choice, 80)}", "bold"), ("  not among the options", "yellow"))
    others = [option for option in node.options if not option.chosen]
    for option in filter(argued, others):
        yield text((f"○ {one_line(option.label, 80)}{argued(option)}", "dim"))
    if bare := [one_line(option.label, 40) for option in others if not argued(option)]:
        more = f", ... {len(bare) - _OPTIONS} more" if len(bare) > _OPTIONS else ""
        yield text((f"○ {', '.join(bare[:_OPTIONS])}{more}", "dim"))


def ground_lines(node: DecisionNode) -> Iterator[Text]:
    """What the choice rested on: the rationale and the evidence."""
    if node.rationale:
        yield text("because ", (one_line(node.rationale, _WIDTH), "italic"), "  ", word(node.source))
    for ref in node.evidence:
        if ref.quote:
            yield text(
                "on ", (one_line(ref.quote, _WIDTH), "italic"), (f"  span {ref.span_id} {ref.field or ''}", "dim")
            )


def argued(option: OptionView) -> str:
    """What speaks for or against an option: its score and why it was not taken; empty where nothing was said."""
    score = f"  score {option.score:g}" if option.score is not None else ""
    return score + (f"  {one_line(option.why_not, _WIDTH)}" if option.why_not else "")


def led_to_line(loaded: Run, span_id: str) -> Text:
    """A span that carried a choice out, and how it ended."""
    if span_id not in loaded.order:
        return text(f"→ span {span_id}", ("  never arrived", "yellow"))
    span = loaded.span(span_id)
    ended = ("  error", "red") if span.status == "error" else ("  never ended", "yellow") if span.end_ns == 0 else None
    return text(f"→ {one_line(span.name, 80)}", (f"  span {span_id}", "dim"), ended)
