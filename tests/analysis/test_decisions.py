"""Decisions, recorded and derived, in one form."""

from collections.abc import Callable
from typing import Any

from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.model import Ref, Run


def test_a_model_call_is_a_decision_between_its_tools(script: Any) -> None:
    """Offered tools and answering are the options, the call is the choice, the reasoning is the rationale."""
    run = script("Where is order 4417?", ["lookup", "search"])
    run.ask(("lookup", {"id": 4417}), thinks="The id is known.")
    tool = run.execute({"status": "sent"})
    [decision] = run.diagnose().decisions
    assert [(option.label, option.chosen) for option in decision.options] == [
        ("lookup", True),
        ("search", False),
        ("answer", False),
    ]
    assert (decision.choice, decision.rationale, decision.led_to) == ("lookup", "The id is known.", [tool.span_id])
    assert (decision.source, decision.step, decision.agent) == ("derived", 1, "agent")
    assert decision.evidence[0].quote == "Where is order 4417?"


def test_parallel_calls_are_one_decision(script: Any) -> None:
    """Several tools asked for at once are one choice that led to several spans."""
    run = script("Compare 1 and 2.", ["lookup"])
    run.ask(("lookup", {"id": 1}), ("lookup", {"id": 2}))
    second, first = run.execute({"n": 1}, back=2), run.execute({"n": 2})
    [decision] = run.diagnose().decisions
    assert decision.choice == "2 x lookup"
    assert sorted(decision.led_to) == sorted([first.span_id, second.span_id])


def test_answering_is_a_choice_and_what_was_new_is_its_evidence(script: Any) -> None:
    """The result seen since the last call is the evidence, quoted at the tool that returned it."""
    run = script("Where is order 4417?", ["lookup"])
    tool = run.turn("lookup", {"id": 4417}, {"status": "sent"})
    run.answer("It was sent.")
    decision = run.diagnose().decisions[-1]
    assert decision.choice == "answer"
    assert decision.evidence == [Ref(tool.span_id, "result", '{"status": "sent"}')]


def test_a_tool_that_was_not_offered_is_still_the_choice(script: Any) -> None:
    """What the model called appears among the options, though nobody offered it."""
    run = script("Is she gold?", ["lookup"])
    run.ask(("get_tier", {"id": 1}))
    [decision] = run.diagnose().decisions
    assert [option.label for option in decision.options if option.chosen] == ["get_tier"]


def test_a_hand_off_lists_its_targets_as_options(script: Any) -> None:
    """A hand-off tool with a closed list of agents is one option for each agent."""
    target = {"type": "object", "properties": {"agent_name": {"type": "string", "enum": ["billing", "logistics"]}}}
    run = script("Where is it?", [{"name": "transfer_to_agent", "parameters": target}])
    run.ask(("transfer_to_agent", {"agent_name": "billing"}))
    [decision] = run.diagnose().decisions
    assert decision.choice == "transfer_to_agent(billing)"
    assert "transfer_to_agent(logistics)" in [option.label for option in decision.options]


def test_a_recorded_decision_replaces_the_call_inside_it(script: Any) -> None:
    """The model call that a recorded decision tells of is not a second decision."""
    run = script("She wants her money.", ["refund", "replace"])
    decision = run.decide("How do we make this right?", "refund", "refund", "replace")
    call = run.ask(("refund", {"order": 1}), parent=decision)
    tool = run.execute({"sent": True})
    [node] = run.diagnose().decisions
    assert (node.source, node.question) == ("recorded", "How do we make this right?")
    assert (node.led_to, node.covers) == ([tool.span_id], [call.span_id])


def test_a_choice_of_a_thing_leads_to_what_was_done_with_it(script: Any) -> None:
    """A decision for an order leads to the later actions on that order, not to the next call at hand."""
    run = script("She wants her money.", ["policy", "refund"])
    run.decide("Which order?", "o-1", "o-1", "o-2")
    run.turn("policy", {"reason": "late"}, {"days": 30})
    refund = run.turn("refund", {"order": "o-1"}, {"sent": True})
    assert run.diagnose().decisions[0].led_to == [refund.span_id]


def test_a_tool_nobody_was_seen_choosing_says_what_is_missing(script: Any) -> None:
    """A tool span without a model call is a decision of which only the choice is known."""
    run = script("Do it.")
    run.span("execute_tool lookup", "execute_tool", attributes={"gen_ai.tool.name": "lookup"})
    [decision] = run.diagnose().decisions
    assert (decision.choice, decision.classes["question"]) == ("lookup", "derived")
    assert "was not recorded" in decision.missing[0]


def test_call_ids_of_two_agents_do_not_mix(script: Any) -> None:
    """Two agents that number their calls alike keep their own results."""
    run = script("Do it.", ["lookup"])
    run.turn("lookup", {"id": 1}, {"of": "first"})
    run.answer("Done.")
    other = script("Do it too.", ["lookup"])
    other.spans, other.root, other.agent = run.spans, run.root, "second"
    other.turn("lookup", {"id": 2}, {"of": "second"})
    other.answer("Done too.")
    quotes = [
        ref.quote for decision in run.diagnose().decisions if decision.choice == "answer" for ref in decision.evidence
    ]
    assert quotes == ['{"of": "first"}', '{"of": "second"}']


def test_recorded_decisions_of_the_samples_keep_their_words(sample_run: Callable[[str], Run]) -> None:
    """Question, options with what spoke against them, choice and rationale are the agent's own."""
    decisions = diagnose(sample_run("whyspan__refund_wrong_order")).decisions
    [which] = [decision for decision in decisions if decision.question == "Which order is the complaint about?"]
    assert [which.classes[name] for name in ("options", "rationale", "led_to")] == ["recorded", "recorded", "derived"]
    assert [option.label for option in which.options if not option.chosen] == ["o-88127", "o-85102"]
    assert all(option.why_not for option in which.options if not option.chosen)


def test_a_handoff_seen_from_two_sides_is_one_decision(script: Any) -> None:
    """A tool was asked for, and a hand-off of another name carried it out."""
    run = script("My invoice is wrong.", ["transfer_to_billing"])
    run.ask(("transfer_to_billing", {}))
    run.span("handoff to billing", attributes={"whyspan.kind": "handoff"})
    decisions = run.diagnose().decisions
    assert [decision.choice for decision in decisions] == ["transfer_to_billing"]
    assert len(decisions[0].led_to) == 1
