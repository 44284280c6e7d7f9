"""Work was handed over without something the next agent needed."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from operator import attrgetter

from whyspan.semconv import Kind
from whyspan_analysis.case import Case, Detector
from whyspan_analysis.constraints import read_constraints
from whyspan_analysis.delegations import Delegation, delegations
from whyspan_analysis.fields import text
from whyspan_analysis.handoffs import is_handoff
from whyspan_analysis.model import Finding, Ref, Role, Status
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import ids_in, is_word, telling
from whyspan_analysis.values import Leaf, Value, leaves, of_scalar, sort_of

MIN_OTHERS = 2
"""Other hand-offs to the same agent that must have a field: two make a habit."""

_order = attrgetter("order")


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires where a receiver was not told what every other hand-off to it says, or acted on a guess at what the sender knew.

    Also where a failed check speaks of something ruled out that was known before and not passed on. A receiver that was
    told all the same, in a shared conversation, was not kept from it.
    """
    passed = _Passed(list(delegations(case)))
    for each in passed.every:
        if (found := _unlike_others(case, each, passed) or _guessed(case, each, passed)) is not None:
            message, refs = found
            yield detector.finding(each.span_id, message, [case.ref(each.at), *refs])
    if case.outcome.status is Status.FAILED:
        yield from _ruled_out(detector, case)


class _Passed:
    """What was passed on in the whole run, by who was told and by who knew it."""

    def __init__(self, every: list[Delegation]) -> None:
        self.every = every
        self.to: dict[str, list[Delegation]] = defaultdict(list)
        self.told: dict[str, Counter[str]] = defaultdict(Counter)
        """Receiver -> field -> how often it was told it."""
        self.by: dict[tuple[str | None, str], list[Delegation]] = defaultdict(list)
        """(sender, field) -> the first that passed it on, and the first that passed on another value."""
        for each in every:
            self.to[each.receiver].append(each)
            self.told[each.receiver].update(each.fields.keys())
            for key, value in each.fields.items():
                known = self.by[each.sender, key]
                if len(known) < 2 and all(other.fields[key] != value for other in known):
                    known.append(each)


def _unlike_others(case: Case, one: Delegation, passed: _Passed) -> tuple[str, list[Ref]] | None:
    same, told = passed.to[one.receiver], passed.told[one.receiver]
    if not one.fields or len(same) - 1 < MIN_OTHERS:
        return None
    other = same[0] if same[0] is not one else same[1]
    missing = next((key for key in other.fields if key not in one.fields and told[key] == len(same) - 1), None)
    if missing is None:
        return None
    return f"{one.receiver} was not told {missing}, as it was every other time.", [case.ref(other.at)]


def _guessed(case: Case, one: Delegation, passed: _Passed) -> tuple[str, list[Ref]] | None:
    first = bisect_right(case.actions, one.order, key=_order)
    for action in case.actions[first : bisect_right(case.actions, one.until, key=_order)]:
        if action.agent != one.receiver or action.arguments_at is None:
            continue
        for leaf in leaves(action.arguments, action.arguments_at[1]):
            if text(leaf.value) in one.told:
                continue
            known = _known(case, one, passed, leaf.key, leaf.value)
            if known is not None:
                what, ref = known
                message = f"{one.receiver} took {text(leaf.value)} for {leaf.key}: {one.sender} knew of {what} and did not pass it on."
                return message, [case.ref((action.arguments_at[0], leaf.path)), ref]
    return None


def _known(case: Case, one: Delegation, passed: _Passed, key: str, guess: object) -> tuple[str, Ref] | None:
    """What the sender knew of the same kind and did not pass on: an id or date like the guessed one, or a field of that name."""
    values = telling(Leaf("", key, guess))
    value: Value | None = values[0] if len(values) == 1 and values[0].raw == guess else None
    if value is not None and value.kind == "id" and any(sort_of(other) == sort_of(value) for other in ids_in(one.told)):
        return None
    if value is not None and value.kind in ("id", "date") and not case.lineage.sightings(value, one.until + 1):
        seen = [each for each in case.lineage.alike(value, one.order) if each.value.raw not in one.told]
        if seen:
            return seen[0].value.raw, case.ref((seen[0].span_id, seen[0].path), seen[0].value.raw)
    if isinstance(guess, str) and all(map(is_word, of_scalar(guess))) and not case.lineage.told(guess):
        for other in passed.by.get((one.sender, key), ()):
            if key not in one.fields and other.fields[key] != guess:
                return text(other.fields[key]), case.ref(other.at)
    return None


# --- what a failed check speaks of ----------------------------------------------------------------------------


def _ruled_out(detector: Detector, case: Case) -> Iterator[Finding]:
    for action in case.actions:
        if action.arguments_at is None or not (is_handoff(action.name) or _is_span(action)):
            continue
        told = " ".join([text(action.arguments), *_told_afterwards(case, action)]).casefold()
        for check in case.outcome.refs:
            for thing, known in _things(case, check.quote or ""):
                if thing not in told:
                    yield detector.finding(
                        case.chooser(action),
                        f"{action.agent or 'The agent'} knew of “{thing}” and did not pass it on; the failed check speaks of it.",
                        [case.ref(action.arguments_at), known, check],
                        origin_span_id=known.span_id,
                    )
                    return


def _is_span(action: Action) -> bool:
    return action.span is not None and action.span.kind is Kind.HANDOFF


def _things(case: Case, check: str) -> Iterator[tuple[str, Ref]]:
    for constraint in read_constraints(case.run, case.steps):
        for thing in sorted(constraint.ruled_out):
            if re.search(rf"\b{re.escape(thing)}s?\b", check, re.IGNORECASE):
                yield thing, case.ref((constraint.span_id, constraint.path), constraint.text)


def _told_afterwards(case: Case, action: Action) -> Iterator[str]:
    """What other agents were told after the hand-off; what they found out themselves does not count."""
    for call in case.calls:
        if call.order > action.order and call.agent != action.agent:
            for position in call.new:
                message = call.content.input_messages[position]
                if message.role in ("system", "user"):
                    yield from (part.content for part in message.parts)


DETECTOR = Detector("handoff_drops", "A hand-off dropped information", Role.CAUSE, 7.0, find)
