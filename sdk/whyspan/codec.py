"""A decision and an outcome as span attributes, in both directions: what the SDK writes is what the collector reads.

Decoding is lenient, because attributes come from anywhere: JSON text or structured values, whatever is malformed is
left out, nothing raises. `decode_decision(encode_decision(d)) == d` and likewise for outcomes.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from whyspan import semconv
from whyspan.model import Decision, Evidence, Option, Outcome
from whyspan.semconv import Effect
from whyspan.values import to_json, to_text

Attributes: TypeAlias = dict[str, str | bool | float]


def encode_decision(decision: Decision) -> Attributes:
    """The attributes of a decision's span; parts that are missing have no attribute."""
    attributes: dict[str, str | bool | float | None] = {
        semconv.DECISION_QUESTION: to_text(decision.question),
        semconv.DECISION_OPTIONS: _list_json(decision.options, ("label", "score", "why_not")),
        semconv.DECISION_CHOICE: _optional_text(decision.choice),
        semconv.DECISION_RATIONALE: _optional_text(decision.rationale),
        semconv.DECISION_CONFIDENCE: decision.confidence,
        semconv.DECISION_EVIDENCE: _list_json(decision.evidence, ("kind", "ref", "quote")),
        semconv.DECISION_REVERSIBILITY: decision.reversibility and decision.reversibility.value,
    }
    return {key: value for key, value in attributes.items() if value is not None}


def decode_decision(attributes: Mapping[str, Any]) -> Decision | None:
    """The decision a span carries; None where there is neither a question nor an option nor a choice."""
    question = _text(attributes.get(semconv.DECISION_QUESTION))
    options = [_option(item) for item in _items(attributes.get(semconv.DECISION_OPTIONS))]
    choice = _text(attributes.get(semconv.DECISION_CHOICE))
    evidence = [_evidence(item) for item in _items(attributes.get(semconv.DECISION_EVIDENCE))]
    if question is None and choice is None and not any(options):
        return None
    confidence = _number(attributes.get(semconv.DECISION_CONFIDENCE))
    return Decision(
        question=question or "",
        options=tuple(option for option in options if option),
        choice=choice,
        rationale=_text(attributes.get(semconv.DECISION_RATIONALE)),
        confidence=confidence if confidence is not None and 0 <= confidence <= 1 else None,
        evidence=tuple(item for item in evidence if item),
        reversibility=effect_of(attributes.get(semconv.DECISION_REVERSIBILITY)),
    )


def encode_outcome(outcome: Outcome) -> Attributes:
    """The attributes of a `whyspan.outcome` event."""
    attributes: Attributes = {semconv.OUTCOME_OK: outcome.ok}
    if outcome.check is not None:
        attributes[semconv.OUTCOME_CHECK] = to_text(outcome.check)
    if outcome.detail is not None:
        attributes[semconv.OUTCOME_DETAIL] = to_text(outcome.detail)
    return attributes


def decode_outcome(attributes: Mapping[str, Any]) -> Outcome | None:
    """The outcome an event carries; None where it does not say whether the check held."""
    ok = attributes.get(semconv.OUTCOME_OK)
    if isinstance(ok, str):
        ok = {"true": True, "false": False}.get(ok.lower())
    if not isinstance(ok, bool):
        return None
    return Outcome(
        ok=ok,
        check=_text(attributes.get(semconv.OUTCOME_CHECK)),
        detail=_text(attributes.get(semconv.OUTCOME_DETAIL)),
    )


def effect_of(value: object) -> Effect | None:
    """The effect with this name, None for anything else."""
    return Effect(value) if isinstance(value, str) and value in set(Effect) else None


def _list_json(records: tuple[Option, ...] | tuple[Evidence, ...], names: tuple[str, ...]) -> str | None:
    rows = [{name: getattr(record, name) for name in names} for record in records]
    return to_json([{name: item for name, item in row.items() if item is not None} for row in rows]) if rows else None


def _optional_text(value: str | None) -> str | None:
    return None if value is None else to_text(value)


def _option(item: object) -> Option | None:
    if isinstance(item, str):
        return Option(item)
    if not isinstance(item, Mapping) or (label := _text(item.get("label"))) is None:
        return None
    return Option(label, _number(item.get("score")), _text(item.get("why_not")))


def _evidence(item: object) -> Evidence | None:
    if isinstance(item, str):
        return Evidence("value", quote=item)
    if not isinstance(item, Mapping) or (kind := _text(item.get("kind"))) is None:
        return None
    return Evidence(kind, _text(item.get("ref")), _text(item.get("quote")))


def _items(value: object) -> list[Any]:
    """A list that came as JSON text or as a list; empty for anything else."""
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return list(value) if isinstance(value, list | tuple) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
