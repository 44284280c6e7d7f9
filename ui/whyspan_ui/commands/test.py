"""`whyspan test export`: a failed run as a pytest file and a tape, checked before it is written."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from whyspan.rules.events import On
from whyspan.rules.rule import CompiledRule, compile_rule
from whyspan_analysis.batch import diagnose_run
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.incidents.acts import event
from whyspan_analysis.load import load_run
from whyspan_analysis.model import Diagnosis
from whyspan_analysis.regression.document import CheckedDocument, ExportedDocument, NowDocument, TapeDocument
from whyspan_analysis.regression.proof import Proof, prove
from whyspan_analysis.regression.recording import NotExportable, Recording
from whyspan_analysis.regression.run import Now, run_now
from whyspan_analysis.regression.source import AgentName, agent_name, source, stem
from whyspan_analysis.regression.tape import make_tape
from whyspan_analysis.rules.history import PastRun, past_run
from whyspan_analysis.rules.propose import propose
from whyspan_analysis.rules.proposing import MEASURED_ON
from whyspan_analysis.rules.stored import kept_rules, past_runs
from whyspan_collector.service import AnyStore
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.commands.incidents import account
from whyspan_ui.commands.rules import find
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan test export 4bf92f35 --agent shop.agents:support",
    "whyspan test export 4bf92f35 --agent shop.agents:support --reads     # reading tools may run where nothing was recorded",
    "whyspan test export 4bf92f35 --rule unoffered-tool-1c2d3e4f --to tests/agents",
)
ACTIONS: Final = {"export": "RUN: a pytest file that fails as the run did, and passes when the agent keeps the rule"}
FOLDER: Final = Path("tests/regressions")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, which rule, which agent, where to."""
    access.add_actions(parser, ACTIONS, default="export")
    parser.add_argument(
        "--rule", metavar="ID", help="the rule to judge by (default: the best one proposed from the run's diagnosis)"
    )
    parser.add_argument(
        "--agent",
        metavar="MODULE:FUNCTION",
        type=_agent,
        help="the agent's function; the test is then run against it at once",
    )
    parser.add_argument(
        "--reads",
        action="store_true",
        help="let tools declared pure-read or volatile-read really run where nothing was recorded",
    )
    parser.add_argument("--to", metavar="DIR", type=Path, default=FOLDER, help=f"where to write (default: {FOLDER})")
    access.add_data(parser)
    access.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the test, or says why it means nothing."""
    if len(options.words) != 1:
        raise UsageError("`whyspan test export` takes one RUN; `whyspan runs` lists them")
    with access.opened(options) as store:
        access.diagnose_settled(store, access.config(options).quiet_seconds)
        run_id = access.find_run(store, options.words[0])
        others = [each for each in past_runs(store, limit=MEASURED_ON) if each.run_id != run_id]
        recording = _recorded(store, run_id, options.rule, others)
        try:
            taped = make_tape(recording)
            proof = prove(taped, recording, others)
        except NotExportable as reason:
            raise UsageError(f"no test was written for run {run_id}: {reason}") from reason
        test, now = _write(taped.document, options)
        _record(store, run_id, test)
    _print(options, test, recording, proof, now)
    return 0


def _agent(text: str) -> AgentName:
    try:
        return agent_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _recorded(store: AnyStore, run_id: str, rule_id: str | None, others: list[PastRun]) -> Recording:
    diagnosis = diagnose_run(store, run_id)
    if diagnosis.outcome.status != "failed":
        raise UsageError(f"run {run_id} did not fail ({diagnosis.outcome.check}); tests are made of failures")
    case = build_case(load_run(store, run_id))
    past = past_run(case, diagnosis.hypotheses[0].span_id if diagnosis.hypotheses else None)
    rule = compile_rule(find(kept_rules(store), rule_id)) if rule_id else _proposed(past, diagnosis, others)
    return Recording(case, past, diagnosis, rule)


def _proposed(past: PastRun, diagnosis: Diagnosis, others: list[PastRun]) -> CompiledRule:
    proposals, rejected = propose(past, diagnosis, others)
    if proposals:  # what comes back is the recording's in a replay: rules about what the agent does come first
        return compile_rule(min(proposals, key=lambda each: each.rule.scope.on == (On.RESULT,)).rule)
    tried = "".join(f"\n  {each.rule.id}: {each.why}" for each in rejected[:5])
    raise UsageError(
        f"no test was written for run {past.run_id}: no rule can be proposed against it, so nothing says what must not happen again."
        f" Write one (docs/rules.md), keep it with `whyspan rules add FILE`, and name it with --rule ID.{tried}"
    )


# --- writing --------------------------------------------------------------------------------------------------


def _write(tape: TapeDocument, options: argparse.Namespace) -> tuple[Path, Now | None]:
    """Both files, or none: with an agent the test has to run."""
    name, text = stem(tape), source(tape, options.agent, reads=options.reads)
    test = options.to / f"{name}.py"
    if taken := [path for path in (test, test.with_suffix(".json")) if path.exists()]:
        raise UsageError(
            f"{taken[0]} is there already; somebody may have changed it. Remove it, or name another folder with --to"
        )
    with _writable(options.to):
        options.to.mkdir(parents=True, exist_ok=True)
        test.with_suffix(".json").write_text(tape.written(), encoding="utf-8")
        test.write_text(text, encoding="utf-8")
    if options.agent is None:
        return test, None
    now = run_now(test, Path.cwd())
    if now.state == "not run":
        test.unlink()
        test.with_suffix(".json").unlink()
        agent = f"{options.agent.module}:{options.agent.function}"
        raise UsageError(f"no test was written: it could not be run against {agent}: {now.why}")
    if now.state == "red" and tape.answers:
        _leave_out_answers(tape, test, now)
    return test, now


def _leave_out_answers(tape: TapeDocument, test: Path, now: Now) -> None:
    """Takes what models said from the tape where the test is just as red without it: today's code does not ask for it."""
    path = test.with_suffix(".json")
    path.write_text(tape.model_copy(update={"answers": []}).written(), encoding="utf-8")
    if run_now(test, Path.cwd()) != now:
        path.write_text(tape.written(), encoding="utf-8")


def _record(store: AnyStore, run_id: str, test: Path) -> None:
    """The run's incident remembers what was done about it."""
    [row] = store.query("run", run_id=run_id).to_pylist()
    if row["signature"]:
        store.record_incident_event(event("test", row["signature"], person=account(), text=test.stem))


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}") from error


def _print(options: argparse.Namespace, test: Path, recording: Recording, proof: Proof, now: Now | None) -> None:
    if options.json:
        document = ExportedDocument(
            schema="whyspan.test/1",
            run_id=recording.diagnosis.run_id,
            rule=recording.rule.rule.id,
            test=test.as_posix(),
            tape=test.with_suffix(".json").as_posix(),
            checked=CheckedDocument(**asdict(proof)),
            now=NowDocument(**asdict(now)) if now is not None else None,
        )
        terminal.print_json(document.model_dump_json())
        return
    lines = [
        f"red on the recorded run: {proof.recorded}",
        f"green on an agent that obeys the rule: {proof.obeyed}",
        f"green on {proof.spared} of {proof.passing} stored passing runs that the rule looks at",
    ]
    if now is not None:
        why = now.why or "if this is the code that failed, look why, before you trust it"
        lines.append(f"with the code of today it is {now.state}: {why}")
    else:
        lines.append("say in the file how your agent is called, or name it with --agent; it was not run")
    for line in lines:
        terminal.out.print(terminal.sentence(line))
    terminal.out.print(
        terminal.text(f"wrote {test} and {test.with_suffix('.json').name}; read the tape before you commit it"),
        soft_wrap=True,
    )
