"""The audit trail on the command line: what a run did, who agreed, and who did what about rules."""

from pathlib import Path

import pytest

import whyspan
from benchmarks.faults.recording import record
from whyspan.testing import capture
from whyspan_analysis.audit import verified
from whyspan_analysis.audit.model import AuditEntry, schema
from whyspan_analysis.audit.runs import entries_of
from whyspan_analysis.model import Run
from whyspan_ui.cli import main

RULES = [
    {
        "id": "ask-first",
        "kind": "absence",
        "a": 'e.name == "pay"',
        "scope": {"on": ["call"]},
        "action": {"guard": "ask"},
    },
    {"id": "no-gifts", "kind": "absence", "a": 'e.name == "give"', "scope": {"on": ["call"]}, "message": "No gifts."},
]


def supervisor(request: object) -> bool:
    """Says yes, in the name of Ada."""
    with whyspan.ask("May it pay?", whom="ada") as question:
        question.answer("yes")
    return True


@pytest.fixture
def run() -> Run:
    """It pays with consent, is kept from giving, and sends a mail unasked."""
    active = [{**rule, "status": "active"} for rule in RULES]
    with capture() as captured, whyspan.guard(rules=active, ask=supervisor), whyspan.agent("shop", task="x"):
        with whyspan.tool("pay", effect="irreversible", arguments={"b": 2, "a": 1}) as pay:
            pay.set_result("paid")
        with pytest.raises(whyspan.GuardBlocked), whyspan.tool("give", effect="irreversible", arguments={}):
            pass
        with whyspan.tool("send_mail", effect="external", arguments={}) as mail:
            mail.set_result("sent")
    return record(captured.spans, 0, "sdk", outcome=True)


def test_what_a_run_did_and_who_agreed(run: Run) -> None:
    """Actions come with who agreed inside their span, blocked calls as the guard's verdict only, and questions by themselves."""
    entries = [entry for _, entry in entries_of(run)]
    told = [(entry.kind, entry.subject, entry.undoing or entry.verdict) for entry in entries]

    assert told == [
        ("action", "pay", "cannot be undone"),
        ("person", "ask_person", None),
        ("guard", "ask-first", "pass"),
        ("guard", "no-gifts", "block"),
        ("action", "send_mail", "reached somebody"),
    ]
    pay, *_, mail = entries
    assert [(each.who, each.text) for each in pay.approvals or ()] == [
        ("ada", 'May it pay? Answer: "yes"'),
        (None, "the rule ask-first does not allow it Somebody was asked and agreed."),
    ]
    assert mail.approvals == []
    assert pay.text == '{"a": 1, "b": 2}'


def test_the_trail_as_json_lines(sample_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line is an entry of the published schema, oldest first; runs that no chain was recorded of say so."""
    assert main(["audit", "--json", "--kind", "action", "--kind", "chain", "--data", str(sample_data)]) == 0
    entries = [AuditEntry.model_validate_json(line) for line in capsys.readouterr().out.splitlines()]
    times = [entry.at for entry in entries if entry.at is not None]

    assert times == sorted(times)
    assert ("refund_order", "cannot be undone") in {(entry.subject, entry.undoing) for entry in entries}
    assert {entry.verdict for entry in entries if entry.kind == "chain"} == {"none"}


@pytest.mark.parametrize(("name", "written"), [("audit", schema()), ("verify", verified.schema())])
def test_the_schema_is_the_published_one(name: str, written: str) -> None:
    """docs/schemas has the schemas of a line."""
    published = Path(__file__).parents[2] / f"docs/schemas/{name}.schema.json"

    assert published.read_text(encoding="utf-8") == written
