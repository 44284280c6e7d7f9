"""What sets a step apart, and what that is worth before any detector has spoken."""

from typing import Any

from whyspan_analysis.diagnose import build_case
from whyspan_analysis.prior import prior, weights
from whyspan_analysis.traits import TRAITS, read_traits


def test_a_change_is_a_trait_of_its_step(script: Any) -> None:
    """Looking something up is none."""
    run = script("Change it.", ["get_order", "change_order"])
    looked = run.ask(("get_order", {"order": 4417}))
    run.execute({"status": "open"})
    changed = run.ask(("change_order", {"order": 4417, "item": 1}))
    run.execute({"status": "done"})
    traits = read_traits(build_case(run.run()))
    assert "writes" not in traits[looked.span_id]
    assert "writes" in traits[changed.span_id]


def test_earlier_contributions_weigh_more(script: Any) -> None:
    """Of the steps that do something the first stands out most."""
    run = script("Look.", ["lookup"])
    calls = []
    for number in range(3):
        calls.append(run.ask(("lookup", {"id": number})))
        run.execute({"found": number})
    traits = read_traits(build_case(run.run()))
    shares = [traits[call.span_id]["contribution"] for call in calls]
    assert shares == sorted(shares, reverse=True)


def test_a_verdict_after_all_work_is_a_trait_of_its_step(script: Any) -> None:
    """Only what comes after the last step that did something, and says that the task is done."""
    run = script("Look.", ["lookup"])
    early = run.ask(("lookup", {"id": 1}), thinks="The request is satisfied once I have this.")
    run.execute({"found": 1})
    late = run.answer("", thinks="The request has now been fully satisfied.")
    traits = read_traits(build_case(run.run()))
    assert "declares_done" not in traits[early.span_id]
    assert "declares_done" in traits[late.span_id]


def test_every_trait_has_a_weight_and_words() -> None:
    """A trait without a fitted weight would be dead, one without words could not be unfolded."""
    assert set(weights()) == set(TRAITS)
    terms = dict(prior({"writes": 1.0, "assumes": 0.5}))
    assert terms == {TRAITS["writes"]: weights()["writes"], TRAITS["assumes"]: weights()["assumes"] / 2}
