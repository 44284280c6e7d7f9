"""The audit trail on the command line: what a run did, who agreed, and who did what about rules."""

from pathlib import Path

import pytest

import whyspan
from benchmarks.faults.recording import record
from whyspan.rule_guard import Consent
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
        ("override", "ask-first", "overridden"),
        ("guard", "no-gifts", "block"),
        ("action", "send_mail", "reached somebody"),
    ]
    pay, _, override, _, mail = entries
    assert [(each.who, each.agreed, each.derived, each.text) for each in pay.approvals or ()] == [
        ("ada", True, False, 'May it pay? Answer: "yes"'),
        ("ada", True, False, "the rule ask-first does not allow it Somebody was asked and agreed."),
    ]
    assert (override.who, override.derived) == ("ada", True)
    assert mail.approvals == []
    assert pay.text == '{"a": 1, "b": 2}'


def asked_and_done(question: str, answer: object, *, times: int = 1, **arguments: object) -> list[AuditEntry]:
    """The actions of a run that asks somebody and then pays, with these arguments."""
    with capture() as captured, whyspan.agent("shop", task="x"):
        with whyspan.ask(question, whom="ada") as asked:
            asked.answer(answer)
        for _ in range(times):
            with whyspan.tool("pay_back", effect="irreversible", arguments=arguments) as pay:
                pay.set_result("paid")
    found = record(captured.spans, 0, "sdk", outcome=True)
    return [entry for _, entry in entries_of(found) if entry.kind == "action"]


@pytest.mark.parametrize(
    ("question", "answer", "agreed"),
    [
        ("Pay 400 for o-17 back to Ada?", "yes", [True]),
        ("Pay €400.00 for o-17 back to Ada?", "No!", [False]),
        ("May Ada have 400 for o-17?", "yes, but only 300", [None]),
        ("Pay 400 for o-18 back to Ada?", "yes", []),
        ("Pay 400 for o-17 back to Bo?", "yes", []),
        ("Shall I pay back?", True, []),
    ],
)
def test_a_question_before_an_action_is_linked_by_what_it_names(
    question: str, answer: object, agreed: list[bool]
) -> None:
    """It has to name all the arguments; the answer counts as yes or no only where it plainly is; the link is marked as derived."""
    words = "because the shoes were broken in two"
    (action,) = asked_and_done(question, answer, order="o-17", amount=400.0, to="Ada", because=words, fast=True)

    assert [(each.who, each.agreed, each.derived) for each in action.approvals or ()] == [
        ("ada", a, True) for a in agreed
    ]


def test_one_yes_is_for_one_action() -> None:
    """The second payment of the same sum was not asked about; a call without telling arguments is named by its tool."""
    once, again = asked_and_done("Pay 400 for o-17 back?", "ok", times=2, order="o-17", amount=400)
    assert [len(each.approvals or ()) for each in (once, again)] == [1, 0]

    (action,) = asked_and_done("Shall I pay back to Ada?", True, to="Ada")
    assert [each.agreed for each in action.approvals or ()] == [True]


def test_a_guard_names_who_agreed_and_who_did_not() -> None:
    """A `Consent` puts the person's name and reason into the verdict; their yes is an override of the rule.

    It agrees to the action only where the rule is about the call; a result that somebody let pass had happened anyway.
    """
    asking = [
        {**RULES[0], "status": "active"},
        {**RULES[0], "id": "look-after", "scope": {"on": ["result"]}, "status": "active"},
    ]
    answers = iter(
        [Consent(True, by="ada", because="it is his birthday"), Consent(True, by="cleo"), Consent(False, by="bo")]
    )
    with (
        capture() as captured,
        whyspan.guard(rules=asking, ask=lambda _: next(answers)),
        whyspan.agent("shop", task="x"),
    ):
        with whyspan.tool("pay", effect="irreversible", arguments={}) as pay:
            pay.set_result("paid")
        with (
            pytest.raises(whyspan.GuardBlocked, match="bo was asked and did not agree"),
            whyspan.tool("pay", arguments={}),
        ):
            pass
    entries = [entry for _, entry in entries_of(record(captured.spans, 0, "sdk", outcome=True))]

    told = [(entry.kind, entry.who, entry.derived, entry.verdict) for entry in entries if entry.kind != "action"]
    assert told == [
        ("override", "ada", False, "overridden"),
        ("override", "cleo", False, "overridden"),
        ("guard", "bo", None, "block"),
    ]
    assert "it is his birthday" in entries[1].text
    assert [each.who for each in entries[0].approvals or ()] == ["ada"]


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
