"""How a run ended, and which check or sign says so."""

from typing import Any

from whyspan_analysis.model import Grade, Status


def test_a_recorded_check_decides(script: Any) -> None:
    """A failed check of the agent fails a run that answered well, in its own words."""
    run = script("Refund it.", ["refund"])
    run.turn("refund", {"order": 1}, {"sent": True})
    run.answer("Refunded.")
    run.check(ok=True, check="the amount is right")
    run.check(ok=False, check="the customer is right", detail="it was c-1987")
    outcome = run.diagnose().outcome
    assert (outcome.status, outcome.source) == (Status.FAILED, "recorded")
    assert outcome.check == "Failed check: the customer is right: it was c-1987"
    assert outcome.refs[0].quote == "it was c-1987"


def test_the_last_result_of_a_check_counts(script: Any) -> None:
    """A check that failed and later passed has passed."""
    run = script("Do it.")
    run.check(ok=False, check="tests pass")
    run.check(ok=True, check="tests pass")
    assert run.diagnose().outcome.status is Status.OK


def test_an_error_that_was_handled_fails_nothing(script: Any) -> None:
    """Error spans below an answering root are not failures."""
    run = script("Where is it?", ["lookup", "search"])
    run.turn("lookup", {"id": 1}, error="timed out")
    run.turn("search", {"id": 1}, {"status": "sent"})
    run.answer("It was sent.")
    diagnosis = run.diagnose()
    assert (diagnosis.outcome.status, diagnosis.grade, diagnosis.verdict) == (Status.OK, Grade.NONE, None)


def test_an_exception_of_the_root_fails_the_run(script: Any) -> None:
    """A run that raised has failed, whatever it said before."""
    run = script("Where is it?", ["lookup"])
    run.answer("Let me see.")
    run.root.status, run.root.status_message, run.root.error_type = "error", "boom", "ValueError"
    outcome = run.diagnose().outcome
    assert (outcome.status, outcome.explicit) == (Status.FAILED, True)
    assert "boom" in outcome.check


def test_an_inner_error_after_which_nothing_came_fails_the_run(script: Any) -> None:
    """The root is ok, an inner span raised, and there is no answer: the run ended there."""
    run = script("Where is it?", ["lookup"])
    turn = run.span("turn", error="tool not found")
    run.ask(("look_up", {"id": 1}), parent=turn)
    outcome = run.diagnose().outcome
    assert outcome.status is Status.FAILED
    assert "tool not found" in outcome.check


def test_an_empty_answer_fails_the_run(script: Any) -> None:
    """A last model call without words or tools answered nothing."""
    run = script("Where is it?", ["lookup"])
    run.turn("lookup", {"id": 1}, {"status": "sent"})
    run.answer("")
    assert run.diagnose().outcome.check == "The last model call gave an empty answer."


def test_a_run_without_content_is_unknown(script: Any) -> None:
    """Names and timings alone do not tell how a run ended."""
    run = script("Where is it?")
    run.span("chat model", "chat")
    run.span("execute_tool lookup", "execute_tool", attributes={"gen_ai.tool.name": "lookup"}, error="timed out")
    diagnosis = run.diagnose()
    assert (diagnosis.outcome.status, diagnosis.hypotheses) == (Status.UNKNOWN, [])
    assert any("came back without an answer" in note for note in diagnosis.missing)


def test_a_run_that_lost_its_end_is_unknown(script: Any) -> None:
    """Spans are missing and nothing was under way: cut off or lost, nobody can tell."""
    run = script("Where is it?", ["lookup"])
    run.root.end_ns = 0
    run.turn("lookup", {"id": 1}, {"status": "sent"})
    assert run.diagnose().outcome.status is Status.UNKNOWN


def test_a_call_that_asked_for_a_tool_tells_of_a_crash_without_content(script: Any) -> None:
    """Where no message was captured, the finish reason of the last call still says that a tool was under way."""
    run = script("Where is it?")
    run.root.end_ns = 0
    run.span("chat model", "chat", attributes={"gen_ai.response.finish_reasons": ["tool_calls"]})
    diagnosis = run.diagnose()
    assert diagnosis.outcome.check == "The run was cut off while the tool its last model call asked for was under way."
    assert diagnosis.hypotheses[0].findings[0].detector == "killed"


def test_results_in_envelopes_are_as_empty_as_without(script: Any) -> None:
    """Frameworks wrap results in lists of parts; an empty search in an envelope is an empty search."""
    run = script("What is our policy?", ["search"])
    run.turn("search", {"query": "refunds"}, {"status": "success", "content": [{"text": "[]"}]})
    run.answer("Refunds are possible within 30 days.")
    assert run.diagnose().outcome.check.startswith("Every look-up came back empty")


def test_an_answer_that_is_an_object_is_an_answer(script: Any) -> None:
    """Agents with a typed output return an object by way of a tool; nobody says a word."""
    run = script("Who wrote it?", ["final_result"])
    run.ask(("final_result", {"author": "Mira"}))
    run.root.attributes["final_result"] = '{"author": "Mira"}'
    run.root.scope = "pydantic-ai"
    diagnosis = run.diagnose()
    assert diagnosis.outcome.status is Status.OK
