"""Work was handed to an agent that could only pass it on."""

from typing import Any


def _routed(script: Any, *, works: bool) -> Any:
    run = script("Where is my parcel?", ["transfer_to_billing", "transfer_to_logistics", "refund"])
    run.turn("transfer_to_billing", {}, None)
    run.agent = "billing"
    if works:
        run.turn("refund", {"order": 4417}, {"refund": 10.0})
    run.turn("transfer_to_logistics", {}, None)
    run.agent = "logistics"
    run.answer("It is in Brno.")
    return run


def test_work_passed_on_untouched_was_misrouted(script: Any) -> None:
    """Billing does nothing but hand on to logistics: the first hand-off was wrong, and recovered."""
    run = _routed(script, works=False)
    [finding] = run.findings("misrouted_handoff")
    assert (finding.span_id, finding.recovered) == (run.spans[1].span_id, True)


def test_an_agent_that_did_its_part_was_right(script: Any) -> None:
    """Work that is done in turns is routed well."""
    assert not _routed(script, works=True).findings("misrouted_handoff")
