"""A decision is recorded when it is made: options, choice, rationale, and evidence that points into the run."""

import asyncio
import logging
from typing import Any

import pytest

import whyspan
from whyspan import Decision, Evidence, Option, faults
from whyspan.testing import capture


@pytest.fixture(autouse=True)
def _fresh_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_said", set())


def test_choice_and_rejection() -> None:
    """The whole ledger of one decision, as the agent gave it."""
    with capture() as captured, whyspan.decision("What now?", options=["refund", Option("replace", score=0.4)]) as d:
        d.reject("replace", why="out of stock")
        d.choose("refund", because="the policy allows it", confidence=0.8)

    assert d.choice == "refund"
    assert captured.decisions == [
        Decision(
            question="What now?",
            options=(Option("refund"), Option("replace", score=0.4, why_not="out of stock")),
            choice="refund",
            rationale="the policy allows it",
            confidence=0.8,
        )
    ]


def test_one_option_alone() -> None:
    """A single option, constraint or piece of evidence need not be wrapped in a list."""
    with (
        capture() as captured,
        whyspan.agent("lead", constraints="once"),
        whyspan.decision("Now?", options="wait") as d,
    ):
        d.choose("wait", evidence="it is late")

    assert captured.spans[0].attributes["whyspan.run.constraints"] == ("once",)
    assert captured.decisions[0].options == (Option("wait"),)
    assert captured.decisions[0].evidence == (Evidence("value", None, "it is late"),)


def test_undecided() -> None:
    """A decision left without a choice is recorded as undecided, also when an exception ended it."""
    with capture() as captured:
        with whyspan.decision("A?", options=["x"]):
            pass
        with pytest.raises(KeyError), whyspan.decision("B?", options=["y"], reversibility="irreversible"):
            raise KeyError

    assert [(d.question, d.choice) for d in captured.decisions] == [("A?", None), ("B?", None)]
    assert captured.spans[1].attributes["error.type"] == "KeyError"


def test_new_option_and_second_thought() -> None:
    """A choice outside the options joins them; of two choices the last one counts."""
    with capture() as captured, whyspan.decision("Now?", options=["a", "b"]) as d:
        d.choose("a")
        d.choose(Option("c", score=1))

    (decision,) = captured.decisions
    assert (decision.choice, decision.options) == ("c", (Option("a"), Option("b"), Option("c", score=1)))


def test_a_rejected_option_may_still_be_chosen() -> None:
    """A choice overrules an earlier rejection of the same option, and keeps its score."""
    with capture() as captured, whyspan.decision("Now?", options=[Option("a", score=0.9)]) as d:
        d.reject("a", why="too dear")
        d.choose("a", because="nothing else is left")

    assert captured.decisions[0].options == (Option("a", score=0.9),)


def test_late_choice_is_ignored_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """What is said after the block changes nothing and is reported once."""
    with capture() as captured:
        with whyspan.decision("Now?", options=["a"]) as d:
            pass
        for _ in range(3):
            d.choose("a")

    assert captured.decisions[0].choice is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "'Now?'" in caplog.text


def test_evidence_by_identity() -> None:
    """A value a tool returned, or one found inside it, refers to that tool's span; an equal one does not."""

    @whyspan.tool
    def search(query: str) -> dict[str, Any]:
        return {"hits": [{"id": "o1"}, {"id": "o2"}]}

    with capture() as captured, whyspan.agent("support"):
        found = search("shoes")
        with whyspan.decision("Which?") as d:
            d.choose("o1", evidence=[found, found["hits"][0], {"id": "o1"}, "the first one", 2])

    tool_id = f"{captured.spans[1].context.span_id:016x}"
    assert captured.decisions[0].evidence == (
        Evidence("span", tool_id, '{"hits": [{"id": "o1"}, {"id": "o2"}]}'),
        Evidence("span", tool_id, '{"id": "o1"}'),
        Evidence("value", None, '{"id": "o1"}'),
        Evidence("value", None, "the first one"),
        Evidence("value", None, "2"),
    )


def test_evidence_by_handle() -> None:
    """Handles of spans refer to them and quote what came of them; `Evidence` goes through as it is."""
    with capture() as captured, whyspan.agent("support"):
        with whyspan.tool("search") as search:
            search.set_result(["o1"])
        with whyspan.model_call("gpt") as call:
            call.respond("take the first")
        with whyspan.decision("Which?") as d:
            d.choose("o1", evidence=[search, call, Evidence("document", "policy.md", "30 days")])

    assert captured.decisions[0].evidence == (
        Evidence("span", search.span_id, '["o1"]'),
        Evidence("span", call.span_id, "take the first"),
        Evidence("document", "policy.md", "30 days"),
    )


def test_runs_do_not_share_evidence() -> None:
    """A value returned in another run is a plain value in this one."""
    shared = {"id": "o1"}

    @whyspan.tool
    def lookup() -> dict[str, str]:
        return shared

    with capture() as captured:
        with whyspan.agent("one"):
            lookup()
        with whyspan.agent("two"), whyspan.decision("Now?") as d:
            d.choose("yes", evidence=[shared])

    assert captured.decisions[0].evidence[0].kind == "value"


def test_long_evidence_is_quoted_in_part() -> None:
    """A quote is bounded and marked where it was cut."""
    with capture() as captured, whyspan.decision("Now?") as d:
        d.choose("yes", evidence="x" * 5000)

    assert captured.decisions[0].evidence == (Evidence("value", None, "x" * 500 + "[whyspan: cut, 5000 characters]"),)


def test_impossible_confidence(caplog: pytest.LogCaptureFixture) -> None:
    """A confidence outside 0 to 1 is left out with a warning; the choice stands."""
    with capture() as captured, whyspan.decision("Now?") as d:
        d.choose("yes", confidence=80)

    assert (captured.decisions[0].choice, captured.decisions[0].confidence) == ("yes", None)
    assert "between 0 and 1" in caplog.text


def test_outcomes_belong_to_the_root() -> None:
    """Checks are recorded on the run's root agent, wherever in the run they are made."""
    with capture() as captured, whyspan.agent("lead"):
        with whyspan.agent("helper"):
            whyspan.outcome(ok=True, check="answer not empty")
        whyspan.outcome(ok=False, check="amount matches", detail="expected 4, got 40")

    assert [event.name for event in captured.spans[0].events] == ["whyspan.outcome"] * 2
    assert [(o.ok, o.check, o.detail) for o in captured.outcomes] == [
        (True, "answer not empty", None),
        (False, "amount matches", "expected 4, got 40"),
    ]


def test_outcome_without_a_run(caplog: pytest.LogCaptureFixture) -> None:
    """An outcome outside any agent has nothing to belong to, which is said once."""
    with capture() as captured:
        whyspan.outcome(ok=True)
        whyspan.outcome(ok=True)

    assert captured.spans == []
    assert len(caplog.records) == 1


def test_handoff() -> None:
    """A handoff names both agents and carries what was passed; the next agent's span is inside it."""
    handoff = whyspan.handoff("fulfilment", payload={"items": ["tulips"]})
    with capture() as captured, whyspan.agent("intake"), handoff, whyspan.agent("fulfilment"):
        pass

    _, passed, fulfilment = captured.spans
    assert fulfilment.parent.span_id == passed.context.span_id
    assert dict(passed.attributes) == {
        "whyspan.kind": "handoff",
        "gen_ai.operation.name": "handoff",
        "gen_ai.agent.name": "intake",
        "whyspan.handoff.target": "fulfilment",
        "whyspan.handoff.payload": '{"items": ["tulips"]}',
    }


def test_said_afterwards() -> None:
    """What is said once the choice is made is marked as said afterwards; a new choice starts anew."""
    with capture() as captured:
        with whyspan.decision("Now?", options=["a", "b"]) as d:
            d.choose("a")
            d.reject("b", why="slower")
            d.explain("it was the first in the list")
        with whyspan.decision("Then?", options=["a", "b"]) as d:
            d.choose("a")
            d.explain("why not")
            d.choose("b", because="cheaper")

    first, second = captured.decisions
    assert (first.afterwards, first.rationale) == (("options", "rationale"), "it was the first in the list")
    assert (second.afterwards, second.rationale) == ((), "cheaper")


def test_constraints_in_force() -> None:
    """A decision carries the constraints of the agents around it and its own."""
    with (
        capture() as captured,
        whyspan.agent("lead", constraints=["ask first"]),
        whyspan.agent("helper", constraints=["be brief"]),
        whyspan.decision("Now?", constraints=["before noon"]),
    ):
        pass

    assert captured.decisions[0].constraints == ("ask first", "be brief", "before noon")


def test_a_function_that_decides() -> None:
    """Decorated, its result is the choice, and what tools returned among its arguments is the evidence."""

    @whyspan.tool
    def look_up() -> dict[str, int]:
        return {"age_days": 9}

    @whyspan.decision("Who takes over?", options=["billing", "shipping"])
    def route(order: dict[str, int], mood: str) -> str:
        return "billing"

    @whyspan.decision("Who takes over?", options=["billing", "shipping"])
    async def route_later(order: dict[str, int]) -> Option:
        return Option("shipping", score=0.7)

    with capture() as captured, whyspan.agent("lead"):
        order = look_up()
        assert route(order, "angry") == "billing"
        assert asyncio.run(route_later(order)) == Option("shipping", score=0.7)

    first, second = captured.decisions
    assert (first.choice, second.choice) == ("billing", "shipping")
    assert [[evidence.kind for evidence in each.evidence] for each in (first, second)] == [["span"], ["span"]]
    assert second.options == (Option("billing"), Option("shipping", score=0.7))
