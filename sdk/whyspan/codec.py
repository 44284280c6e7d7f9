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
from whyspan.values import is_a, rows_json, to_text

Attributes: TypeAlias = dict[str, str | bool | float | list[str]]


_EFFECTS = {effect.value: effect for effect in Effect}


def encode_decision(decision: Decision) -> Attributes:
    """The attributes of a decision's span; parts that are missing have no attribute."""
    parts = encode_parts(
        options=_rows(decision.options, ("label", "score", "why_not")),
        choice=decision.choice,
        rationale=decision.rationale,
        confidence=decision.confidence,
        evidence=_rows(decision.evidence, ("kind", "ref", "quote")),
        reversibility=decision.reversibility,
        constraints=list(decision.constraints),
        afterwards=list(decision.afterwards),
    )
    return {semconv.DECISION_QUESTION: to_text(decision.question), **parts}


def encode_parts(  # noqa: PLR0913 - the fields of a decision, by name
    *,
    options: list[dict[str, Any]],
    choice: str | None,
    rationale: str | None,
    confidence: float | None,
    evidence: list[dict[str, Any]],
    reversibility: Effect | None,
    constraints: list[str],
    afterwards: list[str],
) -> Attributes:
    """All but the question, from a decision in parts: options and evidence as the JSON objects they become."""
    attributes: Attributes = {}
    if options:
        attributes[semconv.DECISION_OPTIONS] = rows_json(options)
    if choice is not None:
        attributes[semconv.DECISION_CHOICE] = to_text(choice)
    if rationale is not None:
        attributes[semconv.DECISION_RATIONALE] = to_text(rationale)
    if confidence is not None:
        attributes[semconv.DECISION_CONFIDENCE] = confidence
    if evidence:
        attributes[semconv.DECISION_EVIDENCE] = rows_json(evidence)
    if reversibility is not None:
        attributes[semconv.DECISION_REVERSIBILITY] = reversibility.value
    if constraints:
        attributes[semconv.DECISION_CONSTRAINTS] = constraints
    if afterwards:
        attributes[semconv.DECISION_AFTERWARDS] = afterwards
    return attributes


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
        constraints=_texts(attributes.get(semconv.DECISION_CONSTRAINTS)),
        afterwards=_texts(attributes.get(semconv.DECISION_AFTERWARDS)),
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
    return _EFFECTS.get(str.__str__(value)) if is_a(value, str) else None


def _rows(records: tuple[Option, ...] | tuple[Evidence, ...], names: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = [{name: getattr(record, name) for name in names} for record in records]
    return [{name: item for name, item in row.items() if item is not None} for row in rows]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in _items(value) if isinstance(item, str))


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
