"""Up to where a failure could still have been stopped, and the links of the run that say so."""

from collections.abc import Callable
from typing import Any

import pytest

from whyspan_analysis.diagnose import build_case, diagnose
from whyspan_analysis.links import depends_on
from whyspan_analysis.model import Run


def _invented(script: Any, **effect: str) -> tuple[Any, Any, Any]:
    """An invented order number is looked up and then refunded; the run, the look-up and the refund."""
    run = script("Refund my order.", ["lookup", "refund"])
    found = run.turn("lookup", {"order_id": "ORD-99812"}, {"payment": "p-5521"})
    refund = run.turn("refund", {"payment": "p-5521"}, {"sent": True}, **effect)
    run.answer("Refunded.")
    run.check(ok=False, check="the right order was refunded")
    return run, found, refund


@pytest.mark.parametrize(
    ("name", "tool", "step", "agent"),
    [
        ("whyspan__refund_wrong_order", "refund_order", 7, "support"),
        ("whyspan__lost_constraint", "book_offer", 8, "travel"),
        ("whyspan__handoff_drops_detail", "start_production", 7, "fulfilment"),
    ],
)
def test_the_samples_name_their_point_of_no_return(
    name: str, tool: str, step: int, agent: str, sample_run: Callable[[str], Run]
) -> None:
    """The first action that cannot be undone, and the last decision before it, of another agent where the work was handed over."""
    diagnosis = diagnose(sample_run(name))
    chance = diagnosis.last_chance
    assert chance is not None
    assert chance.no_return is not None
    assert (chance.no_return.tool, chance.no_return.undoing) == (tool, "cannot be undone")
    [last] = [node for node in diagnosis.decisions if node.decision_id == chance.decision_id]
    assert (last.step, last.agent) == (step, agent)
    assert diagnosis.chain[-2].text == (
        f"The point of no return was `{tool}`, which cannot be undone; step {step} ({agent}) was the last decision before it."
    )


def test_without_a_lasting_action_the_outcome_is_the_end(script: Any) -> None:
    """What can be undone is no point of no return; the last decision that follows from the cause is the answer."""
    run, _, _ = _invented(script, effect="reversible")
    diagnosis = run.diagnose()
    assert diagnosis.last_chance.no_return is None
    assert diagnosis.last_chance.span_id == run.spans[-1].span_id
    assert diagnosis.chain[-2].text == (
        "It could still have been stopped at step 3 (agent), the last decision before the outcome."
    )


def test_an_undeclared_effect_is_said_to_be_one(script: Any) -> None:
    """Nobody knows whether a refund without a declared effect can be undone, so nobody says so."""
    run, _, refund = _invented(script)
    diagnosis = run.diagnose()
    assert diagnosis.last_chance.no_return is None
    assert [change.span_id for change in diagnosis.last_chance.undeclared] == [refund.span_id]
    assert diagnosis.chain[-2].text.endswith("Whether what `refund` did can be undone was not declared.")


def test_decisions_no_link_leads_to_are_not_counted(script: Any) -> None:
    """A later decision of somebody who saw nothing of it is no last chance: that it cannot be told is said."""
    run = script("Cancel my order.", ["cancel"])
    run.turn("cancel", {"order_id": "ORD-99812"}, {"done": True}, effect="reversible")
    other = script("Something else.", ["cancel"])
    other.spans, other.root, other.agent = run.spans, run.root, "second"
    other.answer("Done.")
    run.check(ok=False, check="the right order was cancelled")
    diagnosis = run.diagnose()
    assert diagnosis.last_chance is None
    assert diagnosis.chain[-2].text.startswith("Whether it could still have been stopped cannot be told")


def test_nothing_is_said_of_a_place_without_a_finding(script: Any) -> None:
    """The likeliest place to look accuses nobody, so nothing follows from it."""
    run = script("Write a poem.", ["save"])
    run.turn("save", {"text": "roses"}, {"saved": True})
    run.answer("Saved.")
    run.check(ok=False, check="it rhymes")
    diagnosis = run.diagnose()
    assert diagnosis.last_chance is None
    assert not any("no return" in sentence.text or "stopped" in sentence.text for sentence in diagnosis.chain)


def test_a_read_of_state_is_linked_to_the_write_of_its_version(script: Any) -> None:
    """To the version it names, although there is a later one; without a version to the last write before it."""

    def access(kind: str, key: str, version: str | None = None) -> Any:
        told = {"whyspan.state.key": key, "whyspan.state.access": kind}
        told |= {"whyspan.state.version": version} if version is not None else {}
        return run.span("step", events=[{"name": "whyspan.state", "attributes": told}]).span_id

    run = script("Count them.")
    first, second = access("write", "stock", "1"), access("write", "stock", "2")
    named, last, other = access("read", "stock", "1"), access("read", "stock"), access("read", "prices")
    links = depends_on(build_case(run.run()))
    assert (links[named], links[last]) == ({first}, {second})
    assert other not in links


def test_work_handed_over_is_linked_there_and_back(script: Any) -> None:
    """Whoever works inside another agent depends on its sender, and the sender's next turn on what came back."""
    run = script("Plan it.", ["count"])
    asked = run.answer("Over to the counter.")
    inner = run.span("invoke_agent counter", "invoke_agent", agent="counter")
    counter = script("Count them.", ["count"])
    counter.spans, counter.root, counter.agent = run.spans, inner, "counter"
    counted = counter.answer("There are 12.")
    told = run.answer("It is 12.")
    links = depends_on(build_case(run.run()))
    assert asked.span_id in links[counted.span_id]
    assert counted.span_id in links[told.span_id]
