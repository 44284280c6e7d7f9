"""What is proposed against a failure, and what is not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from whyspan.rules.events import Event, On
from whyspan.rules.rule import Rule, Scope, compile_rule
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.model import Diagnosis, Grade, Outcome, Status
from whyspan_analysis.rules.history import PastRun, measure, point_of_no_return
from whyspan_analysis.rules.ideas import IDEAS
from whyspan_analysis.rules.interval import wilson
from whyspan_analysis.rules.propose import propose


def call(name: str, effect: str, args: dict[str, Any], *, out: Any = "done", error: str = "") -> list[Event]:
    """A tool call: before and after."""
    about = {
        "name": name,
        "effect": effect,
        "changes": effect != "pure-read",
        "args": args,
        "span_id": f"{name}{args}{out}",
    }
    return [Event(On.CALL, **about), Event(On.RESULT, **about, out=out, ok=not error, error=error)]


def run(run_id: str, status: Status, *calls: Sequence[Event], answer: str = "All done.", decisive: int = 0) -> PastRun:
    """A run that was told of order o-1111, did this, and answered."""
    stream = [Event(On.TASK, text="Refund order o-1111 of ada@example.com."), *(e for each in calls for e in each)]
    stream.append(Event(On.ANSWER, text=answer))
    for number, event in enumerate(stream):
        event.seconds = float(number)
    return PastRun(run_id, status, tuple(stream), point_of_no_return(stream, decisive))


def diagnosis(run_id: str) -> Diagnosis:
    """That it failed; of the cause nothing is known."""
    return Diagnosis(run_id, Outcome(Status.FAILED, "x"), Grade.NONE, None, [], [], [], [], [])


def proposed(failed: PastRun, *others: PastRun) -> dict[str, str]:
    """The predicates proposed, with their level."""
    return {each.rule.a: each.level for each in propose(failed, diagnosis(failed.run_id), others)[0]}


GOOD = [run(f"good-{n}", Status.OK, call("refund", "irreversible", {"order": "o-1111"})) for n in range(4)]
INVENTED = call("refund", "irreversible", {"order": "o-9999"})


def test_the_most_general_rule_that_spares_the_good_runs_is_proposed() -> None:
    """An invented id is forbidden to all tools, or where good runs have some elsewhere to the tools that change something."""
    failed = run("failed", Status.FAILED, INVENTED)
    guessing = [run(f"guess-{n}", Status.OK, call("look", "pure-read", {"order": "o-7777"})) for n in range(2)]

    assert proposed(failed, *GOOD) == {'size(invented("args")) > 0': "any tool"}
    assert proposed(failed, *GOOD, *guessing) == {
        'e.changes && size(invented("args")) > 0': "tools that change something"
    }


def test_nothing_is_proposed_that_only_fires_when_it_is_too_late() -> None:
    """When the money is gone before the sign is there, no rule comes of it."""
    failed = run("failed", Status.FAILED, call("refund", "irreversible", {"order": "o-1111"}), INVENTED)

    proposals, rejected = propose(failed, diagnosis("failed"), GOOD)

    assert proposals == []
    assert rejected == []


def test_an_answer_that_owns_up_is_let_through() -> None:
    """After a failed change an answer that claims success is stopped, one that says what went wrong is not."""
    lost = call("refund", "irreversible", {"order": "o-1111"}, out=None, error="503")
    claims = run("claims", Status.FAILED, lost, answer="The money is on its way.")
    owns_up = run("owns up", Status.OK, lost, answer="I am sorry, the refund failed.")

    (predicate,) = proposed(claims, owns_up, *GOOD)

    rule = compile_rule(Rule("the-rule", "absence", predicate, scope=Scope(on=("call", "answer"))))
    (found,) = measure([rule], [claims, owns_up, *GOOD])
    assert (found.stopped, found.failed, found.hit, found.passing) == (1, 1, 0, 5)


def test_a_step_that_good_runs_never_skip_is_asked_for() -> None:
    """Where every good run asks before it pays, a run that pays without asking gives a rule on the order of the two."""
    asks = call("ask_customer", "pure-read", {"order": "o-1111"})
    pays = call("refund", "irreversible", {"order": "o-1111"})
    good = [run(f"good-{n}", Status.OK, asks, pays) for n in range(4)]

    proposals, _ = propose(run("failed", Status.FAILED, pays), diagnosis("failed"), good)

    (rule,) = [each.rule for each in proposals]
    assert (rule.kind, rule.guard) == ("precedence", "ask")
    assert '"ask_customer"' in rule.a


def test_what_is_done_twice_in_good_runs_is_an_exception() -> None:
    """A rule against doing something twice knows the tools that good runs call twice."""
    note = call("write_note", "reversible", {"text": "x"})
    pays = call("refund", "irreversible", {"order": "o-1111"})
    good = [*GOOD, *(run(f"notes-{n}", Status.OK, note, note) for n in range(2))]

    assert proposed(run("failed", Status.FAILED, pays, pays), *good) == {
        'e.changes && repeats() >= 1 && !(e.name in ["write_note"])': "tools that change something"
    }


def test_errors_that_end_the_program_are_kept_from_it() -> None:
    """The rule leaves out the errors that good runs get over; an error after which the agent went on gives none."""
    timeouts = [_raising("TimeoutError", f"slow-{n}") for n in range(3)]
    odd = _raising("OSError", "odd")
    crashed = _raising("KeyError", "crashed")
    crashed = replace(crashed, status=Status.FAILED, stream=crashed.stream[:-1], in_time=2)
    rule = 'e.ok == false && !(e.error_type in ["TimeoutError"])'

    proposals, rejected = propose(crashed, diagnosis("crashed"), [*timeouts, *GOOD])
    assert [each.rule.a for each in proposals] == [rule]
    assert proposals[0].rule.scope.on == ("result",)
    assert [each.rule.a for each in rejected] == ["e.ok == false"]
    assert proposed(crashed, *timeouts, odd) == {
        'e.ok == false && !(e.error_type in ["OSError", "TimeoutError"])': "any tool"
    }  # one good run in four would be hit
    assert proposed(replace(timeouts[0], run_id="went on", status=Status.FAILED), *GOOD) == {}


def _raising(error_type: str, run_id: str) -> PastRun:
    """A good run in which a look-up raised, and the agent answered all the same."""
    asked = call("look", "pure-read", {"x": 1}, out=None, error="it went wrong")
    asked[1].error_type = error_type
    return run(run_id, Status.OK, asked, answer="I am sorry.")


def test_empty_results_are_refused_except_of_tools_that_are_often_empty() -> None:
    """What good runs live with is left out, tool by tool."""
    searched, looked = (call(name, "pure-read", {"x": 1}, out=[]) for name in ("search", "look"))
    good = [run(f"good-{n}", Status.OK, searched) for n in range(3)]

    assert proposed(run("failed", Status.FAILED, searched, looked), *good) == {
        'blank() && !(e.name in ["search"])': "any tool"
    }


def test_a_run_that_did_not_fail_gives_no_rule() -> None:
    """Rules are made from failures."""
    assert propose(GOOD[0], diagnosis("good-0"), GOOD) == ([], [])


def test_lead_and_lateness_are_measured() -> None:
    """A rule that fires at a call counts the calls it would have spared; one that fires at a result is too late."""
    failed = run("failed", Status.FAILED, call("look", "pure-read", {"x": 1}), INVENTED, decisive=3)
    early = compile_rule(Rule("early", "absence", 'e.kind == "call"'))
    late = compile_rule(Rule("late", "absence", 'e.kind == "result" && e.name == "refund"'))

    first, second = measure([early, late], [failed])

    assert (first.stopped, first.late, first.lead_steps, first.lead_seconds) == (1, 0, [2], [4.0])
    assert (second.stopped, second.late) == (0, 1)


@pytest.mark.parametrize(
    ("hits", "of", "interval"), [(0, 0, (0, 1)), (0, 10, (0, 0.2775)), (41, 43, (0.8454, 0.9872)), (5, 5, (0.5655, 1))]
)
def test_wilson(hits: int, of: int, interval: tuple[float, float]) -> None:
    """The interval is the published one."""
    assert wilson(hits, of) == pytest.approx(interval, abs=5e-5)


def test_ideas_name_detectors_that_exist() -> None:
    """An idea that speaks of a detector nobody has would never come first."""
    assert {detector for idea in IDEAS for detector in idea.detectors} <= set(BY_NAME)
