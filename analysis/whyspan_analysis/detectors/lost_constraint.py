"""A constraint of the task was known and then broken by what was done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.constraints import Constraint, dropped_arguments, read_constraints, word, words
from whyspan_analysis.delegations import Delegation, delegations
from whyspan_analysis.fields import ended, text
from whyspan_analysis.lineage import Observation
from whyspan_analysis.model import Finding, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import identifies
from whyspan_analysis.values import Leaf, Value, leaves, of_scalar

_AMOUNT = re.compile(r"amount|price|cost|total|fare|rate|value|sum|fee|charge|paid|budget|quantity", re.IGNORECASE)
_DAY = re.compile(r"date|day|deliver|depart|arriv|check_?(?:in|out)|due|start|end|when|until|eta", re.IGNORECASE)
_READS = (None, "pure-read", "volatile-read")


@dataclass(frozen=True, slots=True)
class _Known:
    """One thing known about what an action is about: an argument, or a field of the record it names."""

    span_id: str
    leaf: Leaf
    observation: Observation | None


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires on an action with a declared effect whose arguments, or the record they name, break a bound or a ban.

    Blames the step that let the constraint go, where one is seen (the search repeated without it), with full strength,
    and the step that took what breaks it. An agent that was never told of the constraint is hardly to blame.
    """
    constraints = read_constraints(case.run, case.steps)
    effective = [a for a in case.actions if a.span is not None and a.span.effect not in _READS and a.error is None]
    effective.sort(key=lambda action: action.span is not None and action.span.effect == "reversible")
    reported: set[str] = set()
    for action in effective if constraints else ():
        known = list(_known(case, action))
        for constraint in constraints:
            broken = next((each for each in known if _breaks(constraint, each.leaf)), None)
            if broken is not None and f"{broken.leaf.key}={broken.leaf.value}" not in reported:
                reported.add(f"{broken.leaf.key}={broken.leaf.value}")
                yield from _findings(detector, case, action, constraint, broken)


def _findings(
    detector: Detector, case: Case, action: Action, constraint: Constraint, broken: _Known
) -> Iterator[Finding]:
    against = (
        f"`{action.name}` went ahead with {broken.leaf.key} {text(broken.leaf.value)}, against “{constraint.text}”"
    )
    refs = [
        case.ref((broken.span_id, broken.leaf.path)),
        case.ref((constraint.span_id, constraint.path), constraint.text),
        *(case.ref(at) for at in (action.arguments_at,) if at is not None),
    ]
    taken = _taken(case, action, broken)
    lost = _lost(case, constraint, broken)
    if lost is not None:
        later, key = lost
        origin = case.chooser(later)
        message = ended(f"`{later.name}` was called again without {key}, and {against}")
        more = [case.ref(at) for at in (later.arguments_at,) if at is not None]
        yield detector.finding(origin, message, [*refs, *more], origin_span_id=later.span_id)
    if lost is None or taken != origin:
        told = _was_told(case, case.steps.agents[taken], constraint)
        sent = None if told else _handed_over(case, case.steps.agents[taken], action)
        if sent is not None:
            message = ended(
                f"{sent.receiver} was handed the work without being told “{constraint.text}”, and {against}"
            )
            yield detector.finding(sent.span_id, message, [case.ref(sent.at), *refs])
        strength = 0.3 if not told else 0.6 if lost is not None else 1.0
        yield detector.finding(taken, ended(f"{against}{'' if told else ', of which it was not told'}"), refs, strength)


def _was_told(case: Case, agent: str | None, constraint: Constraint) -> bool:
    """True when the agent had the constraint, or a message to it speaks of the same thing."""
    if case.steps.agents[constraint.span_id] == agent:
        return True
    things = [
        *constraint.ruled_out,
        *constraint.needed,
        *(bound.raw for bound in (constraint.at_most, constraint.at_least) if bound is not None),
    ]
    told = (
        part.content.casefold()
        for call in case.calls
        if call.agent == agent
        for position in call.new
        for part in call.content.input_messages[position].parts
        if call.content.input_messages[position].role in ("system", "user")
    )
    return any(thing.casefold() in words_ for words_ in told for thing in things)


def _handed_over(case: Case, agent: str | None, action: Action) -> Delegation | None:
    """How the work came to the agent that took an action."""
    own = (each for each in delegations(case) if each.receiver == agent and each.order < action.order <= each.until)
    return next(own, None)


def _taken(case: Case, action: Action, broken: _Known) -> str:
    """Who chose the thing: the first choice of the record by one of its fields."""
    if broken.observation is None:
        return case.chooser(action)
    holder = _holder(broken.leaf)
    fields = {
        text(leaf.value).casefold()
        for leaf in broken.observation.leaves
        if _holder(leaf) == holder or leaf is broken.leaf
    }
    return case.chosen_first(fields, action)


def _lost(case: Case, constraint: Constraint, broken: _Known) -> tuple[Action, str] | None:
    """The search that found the thing, where it had dropped the argument that stood for the constraint."""
    if broken.observation is None:
        return None
    for drop in dropped_arguments(case.actions):
        if drop.later is broken.observation.action and set(words(drop.key)) & constraint.words:
            return drop.later, drop.key
    return None


def _known(case: Case, action: Action) -> Iterator[_Known]:
    span_id, path = action.arguments_at or ("", "")
    own = list(leaves(action.arguments, path))
    yield from (_Known(span_id, leaf, None) for leaf in own)
    named = {text(leaf.value): leaf.key for leaf in own if isinstance(leaf.value, str | int)}
    for observation in reversed(case.lineage.observations):
        if observation.order >= action.order:
            continue
        holders = {_holder(leaf) for leaf in observation.leaves if leaf.key and _names(leaf, named)}
        for leaf in observation.leaves:
            if leaf.key and any(_holder(leaf).startswith(holder) for holder in holders):
                yield _Known(observation.span_id, leaf, observation)


def _names(leaf: Leaf, named: dict[str, str]) -> bool:
    """True when a field holds what an argument named; fewer than three characters agree by chance, unless it is the same field."""
    key = named.get(value := text(leaf.value))
    return key is not None and (
        len(value) >= 3 or (identifies(leaf.key) and leaf.key.casefold() in (key.casefold(), "id"))
    )


def _holder(leaf: Leaf) -> str:
    """The path of the object that holds a leaf; a list of plain values belongs to the object that holds the list."""
    return leaf.path[: leaf.path.rfind(leaf.key)].rstrip(".") if leaf.key else leaf.path


def _breaks(constraint: Constraint, leaf: Leaf) -> bool:
    if isinstance(leaf.value, bool):
        return bool(set(words(leaf.key)) & (constraint.ruled_out if leaf.value else constraint.needed))
    if isinstance(leaf.value, str) and _is_ruled_out(constraint, leaf.value):
        return True
    value = next(iter(of_scalar(leaf.value)), None)
    if value is None or value.raw != str(leaf.value)[: len(value.raw)]:
        return False
    if value.kind == "number" and float(value.canon) > 0 and set(words(leaf.key)) & constraint.ruled_out:
        return True
    return _beyond(value, leaf, constraint.at_most, above=True) or _beyond(
        value, leaf, constraint.at_least, above=False
    )


def _is_ruled_out(constraint: Constraint, said: str) -> bool:
    """True for short values that name what is ruled out; a longer text may speak against it."""
    own = said.split()
    return len(own) <= 3 and any(word(each.strip(",.")) in constraint.ruled_out for each in own)


def _beyond(value: Value, leaf: Leaf, bound: Value | None, *, above: bool) -> bool:
    if bound is None or value.kind != bound.kind or not (_AMOUNT if value.kind == "number" else _DAY).search(leaf.key):
        return False
    one, other = _comparable(value), _comparable(bound)
    return one > other if above else one < other


def _comparable(value: Value) -> float:
    if value.kind == "number":
        return float(value.canon)
    return float(re.sub(r"\D", "", value.canon[-5:]))  # month and day: a year is seldom given on both sides


DETECTOR = Detector("lost_constraint", "A constraint was lost", Role.CAUSE, 5.0, find)
