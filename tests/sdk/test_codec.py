"""A decision and an outcome survive the way through span attributes, and nothing malformed raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyspan import Decision, Effect, Evidence, Option, Outcome, semconv
from whyspan.codec import decode_decision, decode_outcome, encode_decision, encode_outcome

_text = st.text(max_size=40)
_maybe = st.none() | _text
_score = st.none() | st.floats(allow_nan=False, allow_infinity=False)

decisions = st.builds(
    Decision,
    question=_text,
    options=st.lists(st.builds(Option, label=_text, score=_score, why_not=_maybe), max_size=4).map(tuple),
    choice=_maybe,
    rationale=_maybe,
    confidence=st.none() | st.floats(0, 1),
    evidence=st.lists(st.builds(Evidence, kind=_text, ref=_maybe, quote=_maybe), max_size=4).map(tuple),
    reversibility=st.none() | st.sampled_from(Effect),
)
outcomes = st.builds(Outcome, ok=st.booleans(), check=_maybe, detail=_maybe)
structured = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _text | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "kind", "score"]), inner),
    max_leaves=8,
)


@given(decisions)
def test_decision_round_trip(decision: Decision) -> None:
    """What was encoded is decoded to the same decision, with unicode, empty and missing parts."""
    assert decode_decision(encode_decision(decision)) == decision


@given(outcomes)
def test_outcome_round_trip(outcome: Outcome) -> None:
    """What was encoded is decoded to the same outcome."""
    assert decode_outcome(encode_outcome(outcome)) == outcome


@given(decisions)
def test_decision_from_structured_attributes(decision: Decision) -> None:
    """Lists and maps that arrive as such mean the same as their JSON text."""
    attributes: dict[str, Any] = encode_decision(decision)
    for key in (semconv.DECISION_OPTIONS, semconv.DECISION_EVIDENCE):
        if key in attributes:
            attributes[key] = tuple(json.loads(attributes[key]))

    assert decode_decision(attributes) == decision


@given(st.dictionaries(st.sampled_from([name for name in vars(semconv) if name.startswith("DECISION")]), structured))
def test_any_decision_attributes(garbage: dict[str, Any]) -> None:
    """Attributes of any shape give a decision with well-typed parts, or none; they never raise."""
    decision = decode_decision({getattr(semconv, name): value for name, value in garbage.items()})

    if decision is not None:
        assert decode_decision(encode_decision(decision)) == decision


@given(structured, structured)
def test_any_outcome_attributes(ok: Any, check: Any) -> None:
    """An outcome that does not say whether the check held is none; a malformed check is left out."""
    outcome = decode_outcome({semconv.OUTCOME_OK: ok, semconv.OUTCOME_CHECK: check})

    if outcome is not None:
        assert outcome.ok is ok or str(outcome.ok).lower() == ok.lower()
        assert outcome.check is None or outcome.check == check


@pytest.mark.parametrize("attributes", [{}, {semconv.KIND: "decision"}, {semconv.DECISION_OPTIONS: "[{]"}])
def test_no_decision(attributes: dict[str, Any]) -> None:
    """A span with neither a question nor an option nor a choice carries no decision."""
    assert decode_decision(attributes) is None


def test_partial_decision() -> None:
    """Malformed parts are left out and the sound ones beside them are kept."""
    attributes = {
        semconv.DECISION_QUESTION: "Now?",
        semconv.DECISION_OPTIONS: '["yes", {"label": "no", "score": "high"}, {"why_not": "nameless"}, 7]',
        semconv.DECISION_CONFIDENCE: 7.5,
        semconv.DECISION_EVIDENCE: '{"kind": "span"}',
        semconv.DECISION_REVERSIBILITY: "maybe",
    }

    assert decode_decision(attributes) == Decision("Now?", options=(Option("yes"), Option("no")))
