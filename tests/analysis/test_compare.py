"""Two runs side by side: every step answers to one of the other or stands alone, and the first difference that matters is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan_analysis.compare import Comparison, alignment, compare
from whyspan_analysis.compare.alignment import BAND, align
from whyspan_analysis.compare.document import comparison_document, schema
from whyspan_analysis.fields import read, text
from whyspan_analysis.model import Run
from whyspan_analysis.moments import Moment, Part

ROOT = Path(__file__).parents[2]


@pytest.fixture
def refunds(sample_run: Callable[[str], Run]) -> Comparison:
    """The refund of the wrong order beside the same request done right."""
    return compare(sample_run("whyspan__refund_wrong_order"), sample_run("whyspan__refund_ok"))


def test_the_wrong_refund_parts_from_the_right_one_at_its_search(refunds: Comparison) -> None:
    """The failed search is the first difference, what the agent made of it the first choice; the shared time-out is none."""
    document = comparison_document(refunds)
    first, choice = (document.differences[index or 0] for index in (document.first, document.first_choice))
    assert (first.name, choice.name) == ("search_orders", "The search by customer is down. How do we go on?")
    assert first.text == "Only here: `search_orders` failed."
    assert choice.fields[0].here is not None
    assert choice.fields[0].here.quote == "search without the customer"
    assert "refund_policy" not in {difference.name for difference in document.differences}


def test_every_quote_of_a_comparison_stands_in_its_run(sample_run: Callable[[str], Run], refunds: Comparison) -> None:
    """What is quoted of either run is found at the span and field it names."""
    both = sample_run("openai__traceloop__tool_timeout_switch"), sample_run("openai__openinference__wrong_final")
    for comparison in (refunds, compare(*both), compare(*reversed(both))):
        fields = [*comparison.premises, *(field for difference in comparison.found for field in difference.fields)]
        quoted = [(comparison.here.run, field.here) for field in fields if field.here is not None]
        quoted += [(comparison.there.run, field.there) for field in fields if field.there is not None]
        assert quoted
        for run, ref in quoted:
            assert ref.field is not None
            assert ref.quote is not None
            assert ref.quote in text(read(run, ref.span_id, ref.field))


def test_a_run_does_not_differ_from_itself(sample: list[Run]) -> None:
    """Beside itself a run has nothing that differs, whoever recorded it."""
    for run in sample:
        comparison = compare(run, run)
        assert (comparison.found, comparison.premises, comparison.first) == ([], [], None)


def test_the_published_schema_is_that_of_the_model(refunds: Comparison) -> None:
    """`python -m whyspan_analysis.compare.document` was run after the last change."""
    assert (ROOT / "docs/schemas/comparison.schema.json").read_text(encoding="utf-8") == schema()
    assert json.loads(comparison_document(refunds).model_dump_json())["schema"] == "whyspan.comparison/1"


def balance_check(script: Any, *, hiccup: bool = False, amount: int = 70, request: str = "r-17") -> Run:
    """A run that looks something up, pays and says so."""
    run = script("Pay the rent of 70 to DE4401.", ["get_balance", "pay"])
    if hiccup:
        run.turn("get_balance", {"account": "DE9902"}, error="get_balance did not answer within 2 s")
    run.turn("get_balance", {"account": "DE9902"}, {"balance": 900, "request": request})
    run.turn("pay", {"to": "DE4401", "amount": amount}, {"paid": amount}, effect="irreversible")
    run.answer("The rent has been paid, everything is fine.")
    run.check(ok=amount == 70)
    return run.run()


def test_a_retry_that_made_good_is_no_difference_to_the_outcome(script: Any) -> None:
    """A look-up that failed once and an id that differs in every run are told, and neither is the first that matters."""
    comparison = compare(balance_check(script, hiccup=True, amount=700, request="r-44"), balance_check(script))
    assert comparison.first is not None
    assert [field.field for field in comparison.first.fields] == ["arguments of `pay` amount"]
    absorbed = {(each.here or each.there).name for each in comparison.found if not each.consequential}  # type: ignore[union-attr]
    assert absorbed == {"get_balance"}


def test_other_words_are_no_difference_unless_nothing_else_is(script: Any) -> None:
    """An answer in other words is named only where the runs are otherwise the same."""
    runs = []
    for words in ("It cannot be returned any more, I am sorry.", "It can be returned, of course, with pleasure."):
        run = script("Can I return it?", ["policy"])
        run.turn("policy", {}, {"days": 30})
        run.answer(words)
        runs.append(run.run())
    comparison = compare(*runs)
    assert [(each.wording, each.consequential) for each in comparison.found] == [(True, False)]
    assert comparison.first is comparison.found[0]


def test_runs_of_different_tasks_are_compared_by_where_values_came_from(script: Any) -> None:
    """Other ids in another task are no difference; an id nobody gave is one."""

    def cancel(given: str, used: str) -> Run:
        run = script(f"Cancel the order {given}.", ["cancel"])
        run.turn("cancel", {"order_id": used}, {"cancelled": used}, effect="irreversible")
        run.answer(f"Done, {used} is cancelled.")
        return run.run()

    assert compare(cancel("o-1001", "o-1001"), cancel("o-2002", "o-2002")).found == []
    invented = compare(cancel("o-1001", "o-1007"), cancel("o-2002", "o-2002"))
    assert not invented.same_task
    assert invented.first is not None
    assert invented.first.fields[0].field == "arguments of `cancel` order_id"


def test_what_a_run_left_out_is_told_with_what_it_did_instead(script: Any) -> None:
    """A step only the other run took names the choice this run made in its place."""
    good = balance_check(script)
    run = script("Pay the rent of 70 to DE4401.", ["get_balance", "pay"])
    run.turn("pay", {"to": "DE4401", "amount": 70}, {"paid": 70}, effect="irreversible")
    run.answer("The rent has been paid, everything is fine.")
    first = compare(run.run(), good).first
    assert first is not None
    assert (first.kind, first.there and first.there.name) == ("only_there", "get_balance")
    assert first.instead is not None
    assert first.instead.name == "pay"


def moments(names: str) -> list[Moment]:
    """A moment for each letter; a capital is the same step with another result."""
    return [
        Moment("tool", f"{order:016x}", "agent", name.lower(), order, (Part("result", "", "", name, {"": name}),))
        for order, name in enumerate(names)
    ]


@given(st.text("abcABC", max_size=80), st.text("abcABC", max_size=80))
def test_every_step_is_aligned_once_and_in_order(here: str, there: str) -> None:
    """Whatever two runs hold, each step comes once, in its order, beside at most one other."""
    mine, theirs = moments(here), moments(there)
    pairs = align(mine, theirs)
    assert [one for one, _ in pairs if one is not None] == mine
    assert [other for _, other in pairs if other is not None] == theirs
    assert (None, None) not in pairs


@pytest.mark.parametrize(("here", "there", "aligned"), [
    ("abcd", "abcd", ["aa", "bb", "cc", "dd"]),
    ("abBcd", "abcd", ["aa", "bb", "B-", "cc", "dd"]),
    ("ab", "abcd", ["aa", "bb", "-c", "-d"]),
    ("aaaaaaaaab", "ab", ["aa", *["a-"] * 8, "bb"]),
])  # fmt: skip
def test_steps_answer_to_the_earliest_like_them(here: str, there: str, aligned: list[str]) -> None:
    """Equal steps answer to each other, what one run did more often stands alone."""
    pairs = [
        tuple("-" if one is None else one.parts[0].value for one in pair)
        for pair in align(moments(here), moments(there))
    ]
    assert ["".join(pair) for pair in pairs] == aligned


def test_the_work_of_an_alignment_grows_with_the_runs_not_with_their_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs of 5,000 steps that repeat themselves are held beside each other within the band."""
    compared = 0

    def likeness(one: Moment, other: Moment) -> float:
        nonlocal compared
        compared += 1
        return real(one, other)

    real = alignment._likeness
    monkeypatch.setattr(alignment, "_likeness", likeness)
    pairs = align(moments("abc" * 1_666), moments("acb" * 1_666))
    assert len(pairs) >= 4_998
    assert compared <= 4_998 * (2 * BAND + 1) + 4_998


def test_a_look_up_that_nothing_used_is_absorbed(script: Any) -> None:
    """One run looked at another order as well, and used nothing of it: what it answered otherwise is the first difference."""
    runs = []
    for total in (30, 31):
        run = script("What do my orders o-1001 and o-1002 cost?", ["get_order"])
        run.turn("get_order", {"order_id": "o-1001"}, {"total": 12})
        if total == 31:
            run.turn("get_order", {"order_id": "o-9009"}, {"total": 77})
        run.turn("get_order", {"order_id": "o-1002"}, {"total": 18})
        run.answer(f"They cost {total} EUR.")
        runs.append(run.run())
    comparison = compare(runs[1], runs[0])
    assert comparison.first is not None
    assert comparison.first.here is not None
    assert comparison.first.here.answers
    assert {each.consequential for each in comparison.found if each.kind == "only_here"} == {False}


def test_a_recorded_decision_that_chose_otherwise_is_never_only_worded_otherwise(script: Any) -> None:
    """However long its options, and though the next step is the same, the decision is the first difference."""
    runs = []
    for choice in ("one worker for all of them", "one worker for each town"):
        run = script("Restock the towns.", ["find_warehouse", "order"])
        run.decide("How is the work split?", choice, "one worker for all of them", "one worker for each town")
        run.turn("find_warehouse", {"town": "Malmo"}, {"warehouse": "wh-964"})
        run.turn("order", {"warehouse": "wh-964", "items": 3 if "all" in choice else 5}, {"status": "done"})
        run.answer("All towns are restocked.")
        runs.append(run.run())
    comparison = compare(*runs)
    assert comparison.first is comparison.first_choice
    assert comparison.first is not None
    assert comparison.first.here is not None
    assert comparison.first.here.kind == "decision"
