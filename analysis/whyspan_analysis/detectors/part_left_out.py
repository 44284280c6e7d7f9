"""The task names several things to be dealt with in the same way, and one of them was never touched."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from whyspan_analysis.case import Case, Detector
from whyspan_analysis.model import DecisionNode, Finding, Ref, Role
from whyspan_analysis.steps import Action
from whyspan_analysis.values import leaves

STOPPED, PLANNED = 0.7, 0.8
"""Strength for the step that stopped, and for a recorded choice between ways of working that came before all of it."""
MAX_WORDS = 3
"""Words of one thing: a longer one is a clause of its own."""
MIN_LETTERS = 3
MAX_LISTS = 20
"""Enumerations of a task that are looked at, the first: a long brief lists what it is about before it goes into detail."""

_SENTENCE = re.compile(r"[^.;:!?\n]+")
_ITEM = re.compile(r"\s*,\s*(?:and |or )?|\s+and\s+|\s+or\s+")
_ASIDE = re.compile(r"(?:in|at|by|for|with|from|on|to|of|not|then|but|only|please)\b", re.IGNORECASE)
"""How a piece begins that goes on about the list and is no part of it."""
_ARTICLE = re.compile(r"^(?:the|an?|my|our|your)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Dealt:
    """The first action for one thing of the enumeration."""

    thing: str
    action: Action


def find(detector: Detector, case: Case) -> Iterator[Finding]:
    """Fires where one tool was called for some things of an enumeration of the task in the same argument, and nothing speaks of another.

    Blames the step that came when the next one's turn was: as many decisions after the last thing as lie between two of them.
    """
    if case.answer is None or _gave_up(case):
        return
    for things, at in islice(_enumerations(case), MAX_LISTS):
        dealt = _dealt(case, things)
        missing = [thing for thing in things if not _touched(case, thing)]
        if not dealt or not missing:
            continue
        names = ", ".join(missing)
        refs = [at, *case.action_refs(dealt[-1].action)]
        message = f"The task names {names} beside {', '.join(each.thing for each in dealt)}; nothing was done about it."
        plan, stopped = _plan(case, dealt[0].action), _stopped(case, dealt)
        if plan is not None:
            yield detector.finding(plan.span_id, message, refs, PLANNED)
        if stopped is not None:
            yield detector.finding(stopped.span_id, message, refs, STOPPED)
        return


def _gave_up(case: Case) -> bool:
    """True when what came last failed: then that is why the rest was left out."""
    return bool(case.actions) and not case.actions[-1].ok


def _enumerations(case: Case) -> Iterator[tuple[tuple[str, ...], Ref]]:
    """The things the task lists, in lower case: "the north, the south and the east"."""
    for call in case.calls[:1]:
        for m, message in enumerate(call.content.input_messages):
            for p, part in enumerate(message.parts if message.role == "user" else ()):
                for sentence in _SENTENCE.findall(part.content if part.type == "text" else ""):
                    things = _listed(sentence)
                    if len(things) > 1:
                        yield (
                            things,
                            case.ref((call.span.span_id, f"input_messages[{m}].parts[{p}].content"), sentence.strip()),
                        )


def _listed(sentence: str) -> tuple[str, ...]:
    """The things one sentence lists. All have as many words as the second, for text goes on before the first and after the last."""
    pieces = [piece.split() for piece in _ITEM.split(sentence) if piece.strip() and not _ASIDE.match(piece)]
    if len(pieces) < 2:
        return ()
    size = len(pieces[1]) if len(pieces[1]) <= MAX_WORDS else 1 + (_ARTICLE.match(" ".join(pieces[1])) is not None)
    listed = [pieces[0][-size:], *(piece[:size] for piece in pieces[1:])]
    things = (_ARTICLE.sub("", " ".join(words)).casefold() for words in listed if len(words) == size)
    return tuple(dict.fromkeys(thing for thing in things if len(thing) >= MIN_LETTERS))


def _dealt(case: Case, things: tuple[str, ...]) -> list[_Dealt]:
    """The first actions for the things, all of one tool and one argument; of several tools the one that came first."""
    found: dict[tuple[str, str], dict[str, _Dealt]] = {}
    for action in case.actions:
        for leaf in leaves(action.arguments, ""):
            for thing in things:
                if isinstance(leaf.value, str) and _names(leaf.value, thing):
                    found.setdefault((action.name, leaf.path), {}).setdefault(thing, _Dealt(thing, action))
    single = [dealt for dealt in found.values() if len({each.action.order for each in dealt.values()}) == len(dealt)]
    return list(single[0].values()) if single else []


def _names(said: str, thing: str) -> bool:
    lowered = said.casefold()
    return thing in lowered and re.search(rf"(?<!\w){re.escape(thing)}(?!\w)", lowered) is not None


def _touched(case: Case, thing: str) -> bool:
    """True when an argument or a result speaks of it."""
    asked = (said for action in case.actions for said in _texts(action.arguments))
    seen = (leaf.value for each in case.lineage.observations for leaf in each.leaves if isinstance(leaf.value, str))
    return any(_names(said, thing) for said in chain(asked, seen))


def _stopped(case: Case, dealt: list[_Dealt]) -> DecisionNode | None:
    """The decision at which the next thing should have begun."""
    starts = [_position(case, each.action) for each in dealt]
    gaps = [later - earlier for earlier, later in pairwise(starts) if later > earlier]
    place = max(
        starts[-1] + min(gaps) if gaps else _after_last(case, dealt[-1].thing), _new_deed(case, dealt[-1].action)
    )
    return case.decisions[place] if place < len(case.decisions) else None


def _after_last(case: Case, thing: str) -> int:
    """Behind the last step that spoke of a thing, the answer left out."""
    spoke = [
        _position(case, action)
        for action in case.actions
        if any(_names(said, thing) for said in _texts(action.arguments))
    ]
    for call in case.calls:
        answers = case.answer is not None and call.span.span_id == case.answer.span_id
        if not answers and any(_names(said, thing) for _, said in (*call.texts, *call.reasoning)):
            spoke.append(_place(case, case.decided_at(call)))
    return max(spoke) + 1


def _new_deed(case: Case, last: Action) -> int:
    """Where the agent of the last thing began to finish: the tools it called at the end, none of them before; 0 where it did not."""
    first: dict[str, int] = {}
    deeds: dict[int, str] = {}
    for action in case.actions:
        if action.agent == last.agent:
            place = _position(case, action)
            first.setdefault(action.name, place)
            deeds[place] = action.name
    own = [
        place for place, node in enumerate(case.decisions) if node.agent == last.agent and place > _position(case, last)
    ]
    while own and own[-1] not in deeds:
        own.pop()
    found = 0
    while own and own[-1] in deeds and first[deeds[own[-1]]] == own[-1]:
        found = own.pop()
    return found


def _position(case: Case, action: Action) -> int:
    return _place(case, case.chooser(action))


def _place(case: Case, span_id: str) -> int:
    return next((place for place, node in enumerate(case.decisions) if node.span_id == span_id), 0)


def _texts(value: object) -> Iterator[str]:
    return (leaf.value for leaf in leaves(value, "") if isinstance(leaf.value, str))


def _plan(case: Case, first: Action) -> DecisionNode | None:
    """A recorded choice before the first of it, between ways of working: its options are neither records nor tools."""
    for node in case.decisions:
        if case.run.order[node.span_id] >= first.order:
            return None
        if node.source == "recorded" and len(node.options) > 1 and node.span_id != case.chooser(first):
            return node
    return None


DETECTOR = Detector("part_left_out", "A part of the task was left out", Role.CAUSE, 7.0, find)
