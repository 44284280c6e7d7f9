"""A tool changed the scale of its numbers."""

from typing import Any


def _read(script: Any, last: float) -> Any:
    run = script("What do the fees come to?", ["open"])
    for doc, fee in (("doc-4101", 45.5), ("doc-4102", 310.75)):
        run.turn("open", {"doc": doc}, {"doc": doc, "fee": fee})
    return run, run.turn("open", {"doc": "doc-4103"}, {"doc": "doc-4103", "fee": last})


def test_whole_cents_after_euros_are_found(script: Any) -> None:
    """A fee of 12990 among fees of 45.50 and 310.75."""
    run, span = _read(script, 12990)
    [finding] = run.findings("scale_changed")
    assert finding.span_id == span.span_id


def test_a_larger_amount_on_the_same_scale_is_fine(script: Any) -> None:
    """Decimals show that it is euros; so does a number not much larger."""
    for fee in (12990.5, 899):
        run, _ = _read(script, fee)
        assert not run.findings("scale_changed")
