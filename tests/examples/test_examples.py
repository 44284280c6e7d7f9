"""The programs of examples/ as somebody would run them: against a real collector, each ends as a decision tree."""

import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import pytest

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.load import load_run
from whyspan_analysis.model import Diagnosis, Grade, Status
from whyspan_collector.client import RemoteStore

T = TypeVar("T")

pytestmark = pytest.mark.timeout(300)  # all of them run for the first test, and LangGraph compiles for a minute once

_EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Example:
    """What an example needs, its service, what it prints, and its decisions: (chosen, offered besides, a piece of why)."""

    service: str
    needs: tuple[str, ...]
    answer: str
    decisions: tuple[tuple[set[str], set[str], str], ...]
    recorded: int = 0
    """How many of the decisions the agent recorded itself."""

    @property
    def missing(self) -> list[str]:
        return [module for module in self.needs if not _importable(module)]


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package above it
        return False


EXAMPLES = {
    "langgraph_agent": Example(
        "parcels",
        ("langgraph", "langchain_openai", "openinference.instrumentation.langchain"),
        "before Friday",
        (
            ({"live_position"}, {"list_scans", "transit_days", "answer"}, "answers both questions"),
            ({"list_scans", "transit_days"}, {"live_position", "answer"}, "live_position timed out"),
            ({"answer"}, {"live_position", "list_scans", "transit_days"}, "4 March, a Wednesday"),
        ),
    ),
    "openai_agents_handoff": Example(
        "hotel",
        ("agents", "openinference.instrumentation.openai_agents"),
        "the extra night is 128 EUR",
        (
            ({"transfer_to_booking_desk"}, {"transfer_to_concierge", "answer"}, "bookings are with the booking desk"),
            ({"find_booking"}, {"night_price", "extend_booking", "answer"}, "I need the room"),
            ({"night_price"}, {"find_booking", "extend_booking", "answer"}, "at what price?"),
            ({"extend_booking"}, {"find_booking", "night_price", "answer"}, "So I extend instead of asking back"),
            ({"answer"}, {"find_booking", "night_price", "extend_booking"}, "tell the guest the price"),
        ),
    ),
    "pydantic_ai_agent": Example(
        "lab",
        ("pydantic_ai", "openai"),
        "freezer='F-2' free_places=45",
        (
            ({"find_freezers"}, {"list_reservations", "final_result", "answer"}, "at that temperature"),
            ({"find_freezers"}, {"list_reservations", "final_result", "answer"}, "It wants a number"),
            ({"list_reservations"}, {"find_freezers", "final_result", "answer"}, "I look before I promise it"),
            ({"final_result"}, {"find_freezers", "list_reservations", "answer"}, "enough for 40"),
        ),
    ),
    "handwritten_agent": Example(
        "key-desk",
        (),
        "The leaked key key-7731 is revoked.",
        (
            ({"find_keys"}, {"revoke_key", "answer"}, "keys with that ending"),
            ({"key-7731"}, {"key-2290"}, "whoever found it is using it"),
            ({"answer"}, {"find_keys", "revoke_key"}, "I tell the tenant"),
        ),
        recorded=1,
    ),
}


@dataclass(frozen=True)
class Ran:
    """What came of one example: its output, and the diagnosis of the run the collector got."""

    printed: str
    said: str
    diagnosis: Diagnosis


@dataclass(frozen=True)
class Desk:
    """A collector, and the examples that were sent to it."""

    url: str
    spool: Path
    store: RemoteStore
    ran: dict[str, Ran]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Every example whose packages are installed, two at a time, against one collector."""
    data = tmp_path_factory.mktemp("data")
    command = [sys.executable, "-m", "whyspan_collector.service", "--data", str(data), "--port=0", "--grpc-port=0"]
    collector = subprocess.Popen(command)
    try:
        address = _until(
            lambda: (data / "collector.json").exists() and json.loads((data / "collector.json").read_text())
        )
        names = [name for name, example in EXAMPLES.items() if not example.missing]
        with ThreadPoolExecutor(2) as pool:
            output = dict(zip(names, pool.map(partial(_run, address["url"], data / "spool"), names), strict=True))
        with closing(RemoteStore(address["url"])) as store:
            runs = {name: _until(partial(_run_of, store, EXAMPLES[name].service)) for name in names}
            ran = {name: Ran(*output[name], diagnose(load_run(store, runs[name]))) for name in names}
            yield Desk(address["url"], data / "spool", store, ran)
    finally:
        collector.terminate()
        collector.wait(20)


@pytest.fixture(scope="module")
def ran(desk: Desk) -> dict[str, Ran]:
    """What came of them."""
    return desk.ran


def _run(collector: str, spool: Path, name: str, *arguments: str) -> tuple[str, str]:
    """What the example, or another program, prints, and what it says on stderr."""
    program = [str(_EXAMPLES / f"{name}.py")] if name in EXAMPLES else ["-c", name, *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, *program],
        env={**environment, "OTEL_EXPORTER_OTLP_ENDPOINT": collector, "WHYSPAN_SPOOL": str(spool)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def _run_of(store: RemoteStore, service: str) -> str | None:
    """Id of the only run of a service, once all of it has arrived."""
    found = [run for run in store.query("runs").to_pylist() if run["service"] == service]
    return str(found[0]["run_id"]) if [run["complete"] for run in found] == [True] else None


def _until(condition: Callable[[], T | None]) -> T:
    """What the condition gives, as soon as it gives something."""
    for _ in range(600):
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail("waited 30 seconds in vain")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_ends_as_a_decision_tree(name: str, ran: dict[str, Ran]) -> None:
    """One run each: what was offered, what was chosen and why, in the model's words, and the answer."""
    example = EXAMPLES[name]
    if example.missing:
        pytest.skip(f"{', '.join(example.missing)} is not installed; the dependency group `examples` has it")
    told = ran[name]
    decisions = [each for each in told.diagnosis.decisions if each.rationale]

    assert example.answer in told.printed
    assert [{each.label for each in decision.options if each.chosen} for decision in decisions] == [
        chosen for chosen, _, _ in example.decisions
    ]
    assert [{each.label for each in decision.options if not each.chosen} for decision in decisions] == [
        offered for _, offered, _ in example.decisions
    ]
    for decision, (_, _, why) in zip(decisions, example.decisions, strict=True):
        assert why in str(decision.rationale)
    assert [each.source for each in decisions].count("recorded") == example.recorded
    assert "whyspan: internal error" not in told.said
    assert "no collector" not in told.said


def test_the_good_ones_end_well(ran: dict[str, Ran]) -> None:
    """A tool that is down, arguments that are refused and a hand-over are no failures; an answer in words is one."""
    ended = {name: told.diagnosis.outcome.status for name, told in ran.items()}

    assert [name for name, status in ended.items() if status is Status.FAILED] == ["handwritten_agent"]
    for name in {"langgraph_agent", "openai_agents_handoff"} & set(ended):
        assert ended[name] is Status.OK


def test_the_bad_one_is_explained(ran: dict[str, Ran]) -> None:
    """The agent without a framework revokes somebody else's key: its decision is the cause, the owners are the evidence."""
    diagnosis = ran["handwritten_agent"].diagnosis
    cause = diagnosis.hypotheses[0]
    [finding] = [each for each in diagnosis.findings if each.detector == "wrong_entity"]

    assert diagnosis.outcome.status is Status.FAILED
    assert diagnosis.grade is Grade.STRONG
    assert [each.question for each in diagnosis.decisions if each.decision_id == cause.decision_id] == [
        "Which key leaked?"
    ]
    assert "belongs to globex, not to acme" in finding.message
    assert any(ref.quote and "key-7731 belongs to globex" in ref.quote for ref in diagnosis.outcome.refs)


def test_a_failed_run_becomes_a_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that exports its own failure: red on the agent that failed, green on the fixed one, and nobody is paid again."""
    monkeypatch.chdir(_EXAMPLES)
    monkeypatch.syspath_prepend(_EXAMPLES)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # not this repository's, which needs the plugins
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # those of this environment take two seconds to load
    runpy.run_path(str(_EXAMPLES / "failure_to_test.py"), run_name="__main__")
    said = capsys.readouterr().out

    assert said.count("paid for o-12345") == 1
    assert said.index("with the code of today it is red") < said.index("with the code of today it is green")
    assert "    with replay(TAPE, reads=True) as run:\n        run.start(support)\n" in said


_FEEDBACK = """
import sys, whyspan
whyspan.configure(service="reviews")
whyspan.feedback(sys.argv[1], ok=False, score=1, comment="globex called: their key is dead", source="support desk")
"""


def test_feedback_that_arrives_later(desk: Desk) -> None:
    """Feedback of another process, sent when the run was stored and diagnosed, is a check of that run's outcome."""
    told = desk.ran["handwritten_agent"].diagnosis
    [root] = [span for span in load_run(desk.store, told.run_id).spans if span.attributes.get("whyspan.run.task")]
    _run(desk.url, desk.spool, _FEEDBACK, str(root.attributes["whyspan.run.id"]))

    def joined() -> Diagnosis | None:
        again = diagnose(load_run(desk.store, told.run_id))
        return again if "feedback of support desk" in str(again.outcome) else None

    outcome = _until(joined).outcome
    assert outcome.status is Status.FAILED
    assert "globex called: their key is dead" in str(outcome)
    assert [run["service"] for run in desk.store.query("runs").to_pylist()].count("reviews") == 0
