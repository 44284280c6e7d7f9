"""Every template against what it says, checked the long way over whole runs."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyspan.rules.evaluation import evaluate
from whyspan.rules.events import Event
from whyspan.rules.rule import Rule, Scope, compile_rule
from whyspan.rules.templates import TEMPLATES, Window


class Mark(NamedTuple):
    """One event of a generated run: whether it is `a`, whether it is `b`, whose, when, and whether the rule sees it."""

    a: bool
    b: bool
    key: str
    seconds: int
    seen: bool


class At(NamedTuple):
    """A marked event with its place in the run and among the events in scope."""

    position: int
    step: int
    mark: Mark


Slice = Sequence[At]
Near = Callable[[At, At], bool]
Broken = tuple[set[int], bool]
"""(positions of the events that break the rule, whether the end does)."""

runs = st.lists(
    st.builds(
        Mark,
        st.booleans(),
        st.booleans(),
        st.sampled_from("xy"),
        st.integers(0, 3),
        st.sampled_from([True, True, True, False]),
    ),
    max_size=9,
)


def brute_force(kind: str, n: int, near: Near, slice_: Slice) -> Broken:
    """What one slice of a run breaks, by the definition of the template."""
    a = [at for at in slice_ if at.mark.a]
    b = [at for at in slice_ if at.mark.b]
    if kind in ("absence", "existence", "exactly", "at_most", "init", "end"):
        return _of_one(kind, n, near, slice_, a)
    if kind == "precedence":
        return {y.position for y in b if not any(x.step < y.step and near(x, y) for x in a)}, False
    if kind == "not_succession":
        return {y.position for y in b if any(x.step < y.step and near(x, y) for x in a)}, False
    if kind == "chain_precedence":
        before = dict(zip([at.position for at in slice_[1:]], slice_, strict=False))
        return {y.position for y in b if y.position not in before or not before[y.position].mark.a}, False
    return _of_pending(kind, near, slice_, a, b)


def _of_one(kind: str, n: int, near: Near, slice_: Slice, a: Slice) -> Broken:
    if kind == "absence":
        return {x.position for x in a}, False
    if kind == "existence":
        return set(), len(a) < n
    if kind == "exactly":
        return {x.position for x in a[n:]}, len(a) < n
    if kind == "at_most":
        return {x.position for x in a if sum(near(y, x) for y in a if y.step <= x.step) > n}, False
    if kind == "init":
        return {x.position for x in slice_[:1] if not x.mark.a}, False
    return set(), bool(slice_) and not slice_[-1].mark.a


def _of_pending(kind: str, near: Near, slice_: Slice, a: Slice, b: Slice) -> Broken:
    """Each `a` that has no `b` is noticed at the first event too far away for one, else at the end."""
    broken: set[int] = set()
    unfinished = False
    for x in a:
        before = kind == "responded_existence" and any(y.step <= x.step and near(x, y) for y in b)
        later = [at for at in slice_ if at.step > x.step]
        for at in later:
            if before or (near(x, at) and at.mark.b):
                break
            again = kind == "alternate_response" and at.mark.a
            if not near(x, at) or again:
                broken.add(at.position)
                break
        else:
            unfinished = unfinished or not before
    return broken, unfinished


def found(rule: Rule, run: Sequence[Mark]) -> list[tuple[int | None, str]]:
    """What the automata say of the run."""
    seconds, events = 0, []
    for mark in run:
        seconds += mark.seconds
        kind = "call" if mark.seen else "model"
        events.append(Event(kind, "t", args={"a": mark.a, "b": mark.b, "key": mark.key}, seconds=float(seconds)))
    return [(violation.position, violation.rule.rule.id) for violation in evaluate([compile_rule(rule)], events)]


def expected(rule: Rule, run: Sequence[Mark]) -> Broken:
    """What it breaks by definition: slice by slice."""
    seconds, step, seen = 0, 0, []
    for position, mark in enumerate(run):
        seconds += mark.seconds
        if mark.seen:
            seen.append(At(position, step, mark._replace(seconds=seconds)))
            step += 1

    def near(one: At, other: At) -> bool:
        within = rule.within
        steps = within.steps is None or abs(one.step - other.step) <= within.steps
        return steps and (within.seconds is None or abs(one.mark.seconds - other.mark.seconds) <= within.seconds)

    slices = [[at for at in seen if at.mark.key == key] for key in "xy"] if rule.same else [seen]
    parts = [brute_force(rule.kind, rule.n, near, part) for part in slices if part or not rule.same]
    return {position for broken, _ in parts for position in broken}, any(unfinished for _, unfinished in parts)


@pytest.mark.parametrize("kind", sorted(TEMPLATES))
@settings(max_examples=150, deadline=None)
@given(
    run=runs,
    n=st.integers(1, 3),
    same=st.booleans(),
    steps=st.sampled_from([None, 1, 2, 4]),
    seconds=st.sampled_from([None, None, 2]),
)
def test_template(*, kind: str, run: list[Mark], n: int, same: bool, steps: int | None, seconds: int | None) -> None:
    """The automaton breaks at the events, and at the end, where the definition does."""
    template = TEMPLATES[kind]
    rule = Rule(
        "the-rule",
        kind,
        "e.args.a",
        "e.args.b" if template.two else None,
        n if template.counts else 1,
        ("args.key",) if same else (),
        Window(steps, seconds) if template.windowed else Window(),
        Scope(on=("call",)),
    )

    broken, unfinished = expected(rule, run)
    violations = found(rule, run)

    assert {position for position, _ in violations if position is not None} == broken
    assert any(position is None for position, _ in violations) == unfinished
