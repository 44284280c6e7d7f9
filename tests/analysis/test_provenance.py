"""Where values came from and why options were passed over, followed back through a run."""

from collections.abc import Callable
from typing import Any

from whyspan_analysis.case import Case
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.lineage import Source
from whyspan_analysis.model import Run
from whyspan_analysis.provenance import DEEPEST, Provenance, askable, provenance, why_not


def origins(case: Case, tool: str, argument: str) -> list[Provenance]:
    """Where an argument of the first call of a tool came from."""
    action = next(action for action in case.actions if action.name == tool)
    asked = next(each for each in askable(case, action.span_id) if each.name == f"{tool}: {argument}")
    return provenance(case, asked)


def test_a_wrong_argument_leads_back_to_the_task(sample_run: Callable[[str], Run]) -> None:
    """The amount that was refunded came from the search that lacked the customer; what the search was asked was in the task."""
    case = build_case(sample_run("whyspan__refund_wrong_order"))

    (amount,) = origins(case, "refund_order", "amount")
    searched, paid = amount.places
    assert (amount.value, amount.source, amount.name) == ("389.0", Source.OBSERVED, "")
    assert (searched.teller, searched.ref.field, searched.ref.quote) == ("`search_orders`", "result[0].total", "389.0")
    assert [(each.name, each.value, each.source) for each in searched.asked_with] == [
        ("text", "espresso machine", Source.GIVEN)
    ]
    (order,) = paid.asked_with
    assert (order.value, order.source) == ("o-88213", Source.OBSERVED)
    assert order.places[0].teller == "`search_orders`"


def test_a_value_of_the_models_own_has_no_place(script: Callable[..., Any]) -> None:
    """What nobody gave and nothing returned is said to be the model's own, and what is computed names its terms."""
    told = script("Add up order 4417.")
    told.turn("get_order", {"id": 4417}, {"items": [40.25, 12.5]})
    answer = told.answer("They are 52.75 together. I also charge 99.99 for it. Have a nice day!")
    case = build_case(told.run())

    total, charged, greeting, *_ = askable(case, answer.span_id)
    (sum_,) = provenance(case, total)
    assert (sum_.source, sum_.how) == (Source.DERIVED, "sum")
    assert [place.ref.quote for place in sum_.places] == ["40.25", "12.5"]
    (invented,) = provenance(case, charged)
    assert (invented.source, invented.places) == (Source.MODEL, ())
    assert provenance(case, greeting) == []


def test_the_way_back_ends(script: Callable[..., Any]) -> None:
    """A value handed from tool to tool is followed a bounded way, and no call explains its own argument."""
    told = script("Begin with seed-0001.")
    for number in range(1, 12):
        told.turn("next_id", {"of": f"seed-{number:04}"}, {"id": f"seed-{number + 1:04}"})
    told.answer("It is seed-0012.")
    case = build_case(told.run())

    found = provenance(case, askable(case, told.spans[-1].span_id)[0])
    depth = 0
    while found and found[0].places:
        depth += 1
        assert found[0].value not in [each.value for each in found[0].places[0].asked_with]
        found = list(found[0].places[0].asked_with)
    assert depth == DEEPEST


def test_what_the_agent_said_of_an_option_comes_first(sample_run: Callable[[str], Run]) -> None:
    """A recorded reason is quoted as recorded; the reason for the choice stands beside it."""
    case = build_case(sample_run("whyspan__refund_wrong_order"))
    node = next(node for node in case.decisions if node.choice == "search without the customer")
    passed_over = next(option.label for option in node.options if option.why_not)

    rejected, because, *_ = why_not(case, node, passed_over)
    assert (rejected.source, because.source) == ("recorded", "recorded")
    assert "rejected" in rejected.text
    assert "few people buy an espresso machine" in because.text


def test_what_happened_to_an_option_at_other_times_is_said(script: Callable[..., Any]) -> None:
    """Where nobody gave a reason, the run shows whether the option was ever taken, and that it had failed before."""
    told = script("Find it.", tools=["search", "browse"])
    told.turn("search", {"q": "kettle"}, error="timed out")
    second = told.ask(("browse", {"page": 1}))
    told.execute({"page": "empty"})
    told.answer("Nothing.")
    case = build_case(told.run())
    node = case.by_span[second.span_id]

    assert [sentence.text for sentence in why_not(case, node, "search")] == [
        "It was taken at decision 1.",
        "`search` had failed before.",
    ]
    assert [sentence.text for sentence in why_not(case, node, "answer")] == ["It was taken at decision 3."]
    assert why_not(case, node, "no such option") == []


def test_every_question_has_an_answer(sample: list[Run]) -> None:
    """Of no sample run there is something to ask that cannot be answered, and every place can be looked up in the run."""
    for run in sample:
        case = build_case(run)
        for span in run.spans:
            for asked in askable(case, span.span_id):
                for found in provenance(case, asked):
                    assert all(place.ref.span_id in run.order for place in found.places)
                    assert (found.source is Source.MODEL) <= (not found.places)
