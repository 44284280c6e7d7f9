"""The wrong record was acted on."""

from typing import Any

ORDERS = [
    {"order_id": "o-88213", "customer_id": "c-1987", "total": 389.0},
    {"order_id": "o-88127", "customer_id": "c-2041", "total": 249.0},
]


def _refunded(script: Any, order: str, task: str = "Customer c-2041 wants her money back.") -> Any:
    run = script(task, ["search", "refund"])
    search = run.turn("search", {"text": "espresso"}, ORDERS)
    call = run.ask(("refund", {"order_id": order}))
    run.execute({"sent": True}, effect="irreversible")
    return run, search, call


def test_somebody_elses_order_is_found(script: Any) -> None:
    """The refunded order's customer is not the one the task names; the search is the origin."""
    run, search, call = _refunded(script, "o-88213")
    [finding] = run.findings("wrong_entity")
    assert (finding.span_id, finding.origin_span_id) == (call.span_id, search.span_id)
    assert "which belongs to c-1987, not to c-2041" in finding.message


def test_the_decision_that_took_it_is_blamed(script: Any) -> None:
    """A recorded choice of the order comes before the call that refunds it."""
    run = script("Customer c-2041 wants her money back.", ["search", "refund"])
    run.turn("search", {"text": "espresso"}, ORDERS)
    decision = run.decide("Which order?", "o-88213", "o-88213", "o-88127")
    run.turn("refund", {"order_id": "o-88213"}, {"sent": True}, effect="irreversible")
    [finding] = run.findings("wrong_entity")
    assert finding.span_id == decision.span_id


def test_her_own_order_is_right(script: Any) -> None:
    """The order of the customer who asked."""
    run, _, _ = _refunded(script, "o-88127")
    assert not run.findings("wrong_entity")


def test_an_order_the_task_names_is_right(script: Any) -> None:
    """Whoever asks for an order by its number is given it."""
    run, _, _ = _refunded(script, "o-88213", "Customer c-2041 wants order o-88213 refunded.")
    assert not run.findings("wrong_entity")
