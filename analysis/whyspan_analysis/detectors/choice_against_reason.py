"""The record that was taken is not the one the reasons given for it, or the request, speak of."""

import re
from collections.abc import Iterator

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.choices import Choice, choices
from whyspan_analysis.model import Finding, Ref, Role
from whyspan_analysis.records import Record, speaks_of
from whyspan_analysis.subjects import identifies
from whyspan_analysis.values import Leaf, of_scalar, of_text

_LEAST = re.compile(
    r"\b(?:cheapest|least expensive|costs? (?:the )?least|lowest|shortest|smallest|earliest|oldest|nearest|fewest)\b",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"\b(?:newest|latest|most recent|highest|largest|longest|biggest|best rated|most expensive)\b", re.IGNORECASE
)
_STAMPS = re.compile(r"date|time|year|day|updated|created|published|version", re.IGNORECASE)
_RECENT = re.compile(r"newest|latest|most recent|earliest|oldest", re.IGNORECASE)


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires where the words name what another record says in some field and not what the taken one says there.

    Also where they claim an extreme (cheapest, newest) that the taken record holds in none of its numbers.
    """
    for choice in choices(case):
        found = _named(case, choice) or _not_extreme(case, choice)
        if found is not None:
            why, refs, strength = found
            yield detector.finding(choice.span_id, f"The choice fell on {choice.name}, but {why}.", refs, strength)


def _named(case: Case, choice: Choice) -> tuple[str, list[Ref], float] | None:
    """What the words name that only another record holds; the reasons first, then the request."""
    for who, sources, strength in (("its reason", choice.words, 1.0), ("the request", choice.asked, 0.5)):
        if any(_speaks_of(said, own) for own in _own(choice) for _, _, said in sources):
            continue
        for key, own in choice.taken.fields.items():
            for other in choice.others:
                leaf = other.fields.get(key)
                if leaf is None or leaf.value == own.value:
                    continue
                at = next(((span_id, path) for span_id, path, said in sources if _speaks_of(said, leaf)), None)
                if at is not None:
                    refs = [case.ref(at, str(leaf.value)), case.ref((choice.taken.span_id, own.path))]
                    refs.append(case.ref((other.span_id, leaf.path)))
                    return f"{who} speaks of {key} {leaf.value}; it has {own.value}", refs, strength
    return None


def _own(choice: Choice) -> Iterator[Leaf]:
    """What sets the taken record apart: its fields that some other does not share, its name left out."""
    for key, own in choice.taken.fields.items():
        apart = any(key not in other.fields or other.fields[key].value != own.value for other in choice.others)
        if apart and str(own.value) != choice.name:
            yield own


def _speaks_of(said: str, leaf: Leaf) -> bool:
    """True when a text names a field's value: words of four letters or more, or a number of three digits or more."""
    if isinstance(leaf.value, bool):
        return False
    if isinstance(leaf.value, str):
        return speaks_of(said, leaf.value.strip())
    value = next(iter(of_scalar(leaf.value)), None)
    if value is None or len(value.canon.strip("-")) < 3:
        return False
    return any(other.kind == value.kind and other.canon == value.canon for other in of_text(said))


def _not_extreme(case: Case, choice: Choice) -> tuple[str, list[Ref], float] | None:
    for span_id, path, said in choice.words:
        least, most = _LEAST.search(said), _MOST.search(said)
        claim = least or most
        if claim is None or (least and most):
            continue
        sign = 1 if least else -1
        keys = [key for key in _numbers(choice.taken) if bool(_STAMPS.search(key)) == bool(_RECENT.search(claim[0]))]
        beaten = {key: _best(choice, key, sign) for key in keys}
        if beaten and all(other is not None for other in beaten.values()):
            key = next(iter(beaten))
            other = beaten[key]
            assert other is not None  # noqa: S101 - just tested
            own = choice.taken.fields[key]
            refs = [
                case.ref((span_id, path), claim[0]),
                case.ref((choice.taken.span_id, own.path)),
                case.ref((other.span_id, other.fields[key].path)),
            ]
            return (
                f"“{claim[0]}” is not true of it: its {key} is {own.value}, another's is {other.fields[key].value}",
                refs,
                1.0,
            )
    return None


def _numbers(record: Record) -> dict[str, float]:
    return {
        key: float(leaf.value)
        for key, leaf in record.fields.items()
        if isinstance(leaf.value, int | float) and not isinstance(leaf.value, bool) and not identifies(key)
    }


def _best(choice: Choice, key: str, sign: int) -> Record | None:
    """Another record that goes further in this field; None when the taken one goes furthest."""
    own = _numbers(choice.taken)[key]
    held = [(sign * _numbers(other)[key], n) for n, other in enumerate(choice.others) if key in _numbers(other)]
    least = min(held, default=(sign * own, -1))
    return choice.others[least[1]] if least[0] < sign * own else None


DETECTOR = Detector("choice_against_reason", "The choice does not fit its reason", Role.CAUSE, 7.0, find)
