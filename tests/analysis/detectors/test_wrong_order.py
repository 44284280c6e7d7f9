"""Changes were made in the wrong order."""

from typing import Any

READ = {"order_id": "#W4082615", "status": "pending"}
CLOSED = {"order_id": "#W4082615", "status": "pending (item modified)"}


def _changed(script: Any, *, heard: str | None = None, after: dict[str, str] = CLOSED, then: str = "") -> Any:
    run = script("Another puzzle for #W4082615, and my new address.", ["get_order", "modify_items", "modify_address"])
    run.turn("get_order", {"order_id": "#W4082615"}, READ)
    first = run.ask(("modify_items", {"order_id": "#W4082615", "item": "1096508426"}))
    run.execute(after)
    if heard is not None:
        run.answer("Done.")
        run.hear(heard)
    run.turn(
        "modify_address", {"order_id": "#W4082615", "street": "Maple Drive"}, error="not pending: cannot be changed"
    )
    if then:
        run.turn("modify_address", {"order_id": "#W4082615", "street": then}, CLOSED)
    run.answer("The address could not be changed.")
    return run, first


def test_the_change_that_shut_out_the_next_is_blamed(script: Any) -> None:
    """It took the record to a state in which the other, wanted from the start, was refused."""
    run, first = _changed(script)
    [finding] = run.findings("wrong_order")
    assert finding.span_id == first.span_id
    assert "from “pending” to “pending (item modified)”" in finding.message


def test_no_order_was_wrong_where_none_was_to_be_chosen(script: Any) -> None:
    """The second was asked for later, the first left the state as it was, or the second came through in the end."""
    assert not _changed(script, heard="And now my address.")[0].findings("wrong_order")
    assert not _changed(script, after=READ)[0].findings("wrong_order")
    assert not _changed(script, then="Oak Drive")[0].findings("wrong_order")
