"""Faults of what the agent asks tools to do: wrong, invented, mixed-up and missing arguments, wrong tools, repeated calls."""

from random import Random

from benchmarks.faults.fault import fault
from benchmarks.faults.operations import MODEL, Op
from benchmarks.faults.shapes import fresh_id, is_id, sibling, transposed

_READS = (None, "pure-read", "volatile-read")


def _replace(op: Op, key: str, value: object) -> bool:
    op.arguments = {**op.arguments, key: value}
    return True


def _ids(op: Op) -> list[str]:
    return sorted(key for key, value in op.arguments.items() if is_id(value))


def _numbers(op: Op) -> list[str]:
    return sorted(
        key for key, value in op.arguments.items() if isinstance(value, int | float) and not isinstance(value, bool)
    )


@fault("F07", "invented id", "use")
def invented_id(op: Op, rng: Random) -> bool:
    """An id that nobody gave."""
    return bool(keys := _ids(op)) and _replace(op, key := rng.choice(keys), fresh_id(op.arguments[key], rng))


@fault("F08", "digits transposed", "use", "answer")
def digits_transposed(op: Op, rng: Random) -> bool:
    """A number or an id is copied with two digits swapped."""
    for key in rng.sample(sorted(op.arguments), len(op.arguments)):
        if isinstance(op.arguments[key], str | int | float):
            swapped = transposed(op.arguments[key], rng)
            if swapped is not None:
                return _replace(op, key, swapped)
    return False


@fault("F09", "unit slip", "use", "derive", "answer")
def unit_slip(op: Op, rng: Random) -> bool:
    """An amount is taken for one in cents, or the other way round; or in thousands."""
    factor = rng.choice([100, 0.01, 1000])
    if op.kind == "derive" and isinstance(op.value, float):
        op.value = round(op.value * factor, 4)
        return True
    keys = [key for key in _numbers(op) if isinstance(op.arguments[key], float)]
    return bool(keys) and _replace(op, key := rng.choice(keys), round(op.arguments[key] * factor, 4))


@fault("F10", "entities mixed up", "use")
def mixed_up(op: Op, rng: Random) -> bool:
    """The id of another record of the same kind."""
    for key in rng.sample(keys := _ids(op), len(keys)):
        if (other := sibling(op.arguments[key], op.seen, rng)) is not None:
            return _replace(op, key, other)
    return False


@fault("F13", "constraint dropped", "use")
def constraint_dropped(op: Op, rng: Random) -> bool:
    """An argument that stood for a wish of the user is left out."""
    keys = sorted(op.tags & set(op.arguments))
    if not keys:
        return False
    gone = rng.choice(keys)
    op.arguments = {key: value for key, value in op.arguments.items() if key != gone}
    return True


@fault("F14", "context truncated", "use", mechanical=True)
def context_truncated(op: Op, rng: Random) -> bool:
    """The conversation is cut, and with it goes the source of an argument, which is then guessed."""
    if op.index < 4 or not invented_id.inject(op, rng):
        return False
    op.forgets = True
    return True


@fault("F15", "wrong tool", "use")
def wrong_tool(op: Op, rng: Random) -> bool:
    """A tool that takes the same arguments and does something else."""
    if not op.similar or op.run is None:
        return False
    op.name = rng.choice(sorted(op.similar))
    op.run = getattr(op.run.__self__, op.name)  # type: ignore[attr-defined]
    op.effect = op.run.effect  # type: ignore[union-attr]
    return True


@fault("F18", "done otherwise than said", "use")
def mismatch(op: Op, rng: Random) -> bool:
    """The agent says which record it acts on, and acts on another."""
    said = dict(op.arguments)
    if op.effect in _READS or not mixed_up.inject(op, rng):
        return False
    op.announced = said
    return True


@fault("F20", "loop to the limit", "use", mechanical=True)
def loop(op: Op, rng: Random) -> bool:
    """The same call again and again until the turns are used up."""
    op.repeat = 1000 if op.effect in ("pure-read", "volatile-read") else 1
    return op.repeat > 1


@fault("F25", "side effect done twice", "use", mechanical=True)
def done_twice(op: Op, rng: Random) -> bool:
    """A write is carried out a second time."""
    op.repeat = 1 if op.effect in _READS else 2
    return op.repeat > 1


@fault("F27", "another model for one turn", "use", "choose", "derive")
def other_model(op: Op, rng: Random) -> bool:
    """A weaker model answers once, and carelessly."""
    if op.kind == "use":
        done = mixed_up.inject(op, rng)
    else:
        others = [each for each in op.options if each != op.value]
        done = bool(others)
        op.value = rng.choice(others) if others else op.value
    op.model = f"{MODEL}-mini" if done else MODEL
    return done


@fault("F31", "invalid arguments", "use", mechanical=True)
def invalid_arguments(op: Op, rng: Random) -> bool:
    """A required argument is missing, or named as no parameter is."""
    if not op.arguments:
        return False
    key = rng.choice(sorted(op.arguments))
    renamed = {f"{key}_value" if name == key else name: value for name, value in op.arguments.items()}
    op.arguments = renamed
    return True


@fault("F32", "tool that does not exist", "use", mechanical=True)
def unknown_tool(op: Op, rng: Random) -> bool:
    """A name no tool has."""
    op.name = f"{op.name}_{rng.choice(['v2', 'all', 'by_id', 'now', 'details'])}"
    return True
