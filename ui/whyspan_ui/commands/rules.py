"""`whyspan rules`: what must hold of every run; proposed from failures, measured on stored runs, made active by people."""

import argparse
import getpass
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from whyspan.rules.rule import CompiledRule, Rule, RuleStatus, compile_rule, record_of
from whyspan_analysis.incidents.ledger import read_ledger
from whyspan_analysis.incidents.recurrence import read_recurrence
from whyspan_analysis.rules.files import WrongRules, read_rules, to_json, to_yaml
from whyspan_analysis.rules.history import Measured, PastRun, measure
from whyspan_analysis.rules.propose import BUDGET
from whyspan_analysis.rules.proposing import MEASURED_ON, NotFailed, keep_proposals, propose_from
from whyspan_analysis.rules.stored import keep, kept_rules, past_runs, set_status
from whyspan_collector.rule_events import RuleEvent
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access, rules_text
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan rules propose 4bf92f35                      # rules against this failure, measured on the stored runs, kept as candidates",
    "whyspan rules check rules.yaml                      # is it well formed? mistakes with line and column",
    "whyspan rules test rules.yaml                       # which stored failures would it have stopped, which good runs hit?",
    "whyspan rules explain unoffered-tool-1c2d3e4f       # what a rule says, in words",
    "whyspan rules activate unoffered-tool-1c2d3e4f --by ada --note 'agreed in the review'",
    "whyspan rules export -o rules.json                  # what is in force, for whyspan.guard(rules='rules.json')",
)
ACTIONS: Final = {
    "list": "the rules that are kept, with their status and what they did on stored runs",
    "check": "FILE: whether it holds well-formed rules",
    "test": "FILE or ID [FILTER...]: what the rules would have done to stored runs",
    "explain": "FILE or ID: what the rules say, in words",
    "propose": "RUN [-o FILE]: rules against a failed run, kept as candidates",
    "add": "FILE: keeps its rules as candidates",
    "activate": "ID --by NAME: the rule is enforced from now on",
    "shadow": "ID --by NAME: the rule is looked for everywhere and only reported",
    "retire": "ID --by NAME: the rule is not used any more",
    "broken": "[RUN]: which runs broke the rules in force, the latest first",
    "ledger": "what became of the failures that the rules in force were made against",
    "export": "[-o FILE]: the rules in force as JSON for the guard in the agent, or as YAML",
}
_STATUS: Final = {"activate": RuleStatus.ACTIVE, "shadow": RuleStatus.SHADOW}
_TAKES: Final = {"list": (0, 0), "export": (0, 0), "broken": (0, 1), "ledger": (0, 0), "test": (1, 99)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which rules."""
    access.add_actions(parser, ACTIONS)
    parser.add_argument("--by", metavar="NAME", help="who does it; must be said to activate, shadow and retire")
    parser.add_argument("--note", metavar="WORDS", help="why, for the log")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="where to write; .json for the guard, .yaml for people"
    )
    access.add_since(parser)
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Does what the action says."""
    least, most = _TAKES.get(options.action, (1, 1))
    if not least <= len(options.words) <= most:
        raise UsageError(f"`whyspan rules {options.action}` takes {ACTIONS[options.action]}")
    if options.action == "check":
        rules_text.print_checked(options.words[0], read(Path(options.words[0])))
        return 0
    if options.action == "explain" and Path(options.words[0]).is_file():
        rules_text.print_explained(rule.rule for rule in read(Path(options.words[0])))
        return 0
    with access.opened(options) as store:
        access.diagnose_settled(store, access.config(options).quiet_seconds)
        return _with_store(options, store)


def _with_store(options: argparse.Namespace, store: AnyStore) -> int:
    if options.action == "list":
        _list(kept_rules(store), as_json=options.json)
    elif options.action == "ledger":
        recurrence = read_recurrence(store, read_ledger(store))
        rules_text.print_ledger([(rule, counts) for rule in recurrence.rules if (counts := recurrence.of_rule(rule))])
    elif options.action == "broken":
        run_id = access.find_run(store, options.words[0]) if options.words else None
        rules_text.print_broken(store.query("rule_violations", run_id=run_id).to_pylist())
    elif options.action == "explain":
        rules_text.print_explained([find(kept_rules(store), options.words[0])])
    elif options.action == "test":
        return test(options, store)
    elif options.action == "propose":
        _propose(options, store)
    elif options.action == "export":
        in_force = [rule for rule in kept_rules(store) if rule.status is not RuleStatus.CANDIDATE]
        _write(in_force, options.output)
    elif options.action == "add":
        _add(options, store)
    else:
        _change(options, store)
    return 0


def read(path: Path) -> list[CompiledRule]:
    """The rules of a file. Raises UsageError with every mistake."""
    try:
        return read_rules(path)
    except WrongRules as error:
        raise UsageError(str(error)) from error


def find(rules: Sequence[Rule], reference: str) -> Rule:
    """The rule whose id begins so. Raises UsageError where that is none, or several."""
    found = [rule for rule in rules if rule.id == reference] or [
        rule for rule in rules if rule.id.startswith(reference)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no rule {reference!r} is kept; `whyspan rules list` shows them, `whyspan rules propose RUN` makes some"
        )
    raise UsageError(
        f"{reference!r} means {len(found)} rules; write more of it: {', '.join(rule.id for rule in found[:10])}"
    )


def _list(rules: Sequence[Rule], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(to_json(rules))
    else:
        rules_text.print_list(rules)


def test(options: argparse.Namespace, store: AnyStore) -> int:
    """Measures rules on stored runs. 1 when one of them hits more good runs than it may."""
    reference = options.words[0]
    named = Path(reference)
    rules = read(named) if named.is_file() else [compile_rule(find(kept_rules(store), reference))]
    wanted = access.checked_filter(" ".join(options.words[1:]))
    found = measure(rules, _shown(past_runs(store, since_ns=options.since, wanted=wanted, rules=rules)))
    if options.json:
        measured = [
            {"rule": rule.rule.id, **each.record(), "hit_runs": each.hit_runs}
            for rule, each in zip(rules, found, strict=True)
        ]
        terminal.print_json(json.dumps({"schema": "whyspan.rules.test/1", "rules": measured}))
    else:
        for rule, each in zip(rules, found, strict=True):
            rules_text.print_measured(rule.rule, each)
    return int(any(_hits_too_much(each) for each in found))


def _hits_too_much(measured: Measured) -> bool:
    return measured.hit > BUDGET * measured.passing


def _shown(runs: Iterator[PastRun]) -> Iterator[PastRun]:
    with terminal.progress("runs") as advance:
        for done, run in enumerate(runs, start=1):
            advance(done)
            yield run


def _propose(options: argparse.Namespace, store: AnyStore) -> None:
    run_id = access.find_run(store, options.words[0])
    history = _shown(past_runs(store, since_ns=options.since, limit=MEASURED_ON))
    try:
        proposals, rejected = propose_from(store, run_id, history)
    except NotFailed as error:
        raise UsageError(str(error)) from error
    if options.json:
        document = {"schema": "whyspan.rules/1", "rules": [record_of(proposal.rule) for proposal in proposals]}
        terminal.print_json(json.dumps(document))
    else:
        rules_text.print_proposals(proposals, rejected)
    keep_proposals(store, run_id, proposals, person=options.by, note=options.note)
    if options.output is not None:
        _write([proposal.rule for proposal in proposals], options.output)


def _add(options: argparse.Namespace, store: AnyStore) -> None:
    rules = [compiled.rule for compiled in read(Path(options.words[0]))]
    in_force = {rule.id for rule in kept_rules(store) if rule.status is not RuleStatus.CANDIDATE}
    if taken := sorted(in_force & {rule.id for rule in rules}):
        raise UsageError(f"{', '.join(taken)}: in force already; retire it first, or give the new one another id")
    keep(store, [_as_candidate(rule) for rule in rules], "imported", person=options.by, note=options.note)
    terminal.err.print(f"kept {len(rules)} rules as candidates; `whyspan rules activate ID --by NAME` makes one active")


def _write(rules: Sequence[Rule], path: Path | None) -> None:
    if path is None:
        terminal.print_json(to_json(rules))
        return
    try:
        path.write_text(to_yaml(rules) if path.suffix in (".yaml", ".yml") else to_json(rules), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    terminal.err.print(f"wrote {len(rules)} rules to {path}")


def _as_candidate(rule: Rule) -> Rule:
    from whyspan.rules.rule import activated

    return activated(rule, None, RuleStatus.CANDIDATE)


def _change(options: argparse.Namespace, store: AnyStore) -> None:
    rule = find(kept_rules(store), options.words[0])
    if not options.by:
        raise UsageError(f"say who does it: whyspan rules {options.action} {rule.id} --by {_account()}")
    if options.action == "retire":
        record = json.dumps(record_of(rule), ensure_ascii=False, sort_keys=True)
        store.record_rule_event(RuleEvent(time.time_ns(), rule.id, "retired", record, options.by, options.note))
        terminal.err.print(f"{rule.id} is retired")
        return
    changed = set_status(store, rule, _STATUS[options.action], options.by, options.note)
    terminal.err.print(f"{changed.id} is {changed.status}, by {options.by}")


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "NAME"
