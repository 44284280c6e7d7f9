"""Faults of what the agent concludes: wrong choices, wrong reckonings, steps left out, facts not passed on, answers cut short."""

from random import Random

from benchmarks.faults.fault import Fault, fault
from benchmarks.faults.operations import Op


def _choose_another(op: Op, rng: Random) -> bool:
    others = [option for option in op.options if option != op.value]
    if others:
        op.value = rng.choice(others)
    return bool(others)


@fault("F11", "wrong aggregate", "derive")
def wrong_aggregate(op: Op, rng: Random) -> bool:
    """A sum that lacks a row, a count of all instead of some."""
    return _choose_another(op, rng)


@fault("F12", "worse of two sources", "choose")
def worse_source(op: Op, rng: Random) -> bool:
    """Sources contradict each other, and the weaker one is believed."""
    return "sources" in op.tags and _choose_another(op, rng)


@fault("F34", "wrong choice", "choose")
def wrong_choice(op: Op, rng: Random) -> bool:
    """An option that does not fit what is known."""
    return not op.tags & {"sources", "verdict", "route"} and _choose_another(op, rng)


@fault("F35", "wrong route", "choose")
def wrong_route(op: Op, rng: Random) -> bool:
    """The work goes a way that is not meant for it."""
    return "route" in op.tags and _choose_another(op, rng)


@fault("F16", "hand-off without a detail", "handoff")
def payload_incomplete(op: Op, rng: Random) -> bool:
    """One field is not passed on."""
    if len(op.arguments) < 2:
        return False
    gone = rng.choice(sorted(op.arguments))
    op.arguments = {key: value for key, value in op.arguments.items() if key != gone}
    return True


@fault("F23", "verifier waves it through", "choose")
def rubber_stamp(op: Op, rng: Random) -> bool:
    """What is wrong is called right."""
    if "verdict" not in op.tags or op.value == op.options[0]:
        return False
    op.value = op.options[0]
    return True


@fault("F29", "answer cut at the token limit", "answer", mechanical=True)
def answer_cut(op: Op, rng: Random) -> bool:
    """The answer ends in the middle."""
    op.cut = True
    return True


def _left_out(fault_id: str, name: str, step: str, *, mechanical: bool = False) -> Fault:
    """The fault of leaving out the optional steps that go by this word."""

    def leave_out(op: Op, rng: Random) -> bool:
        op.value = not op.name.startswith(step)
        return not op.value

    return fault(fault_id, name, "gate", mechanical=mechanical)(leave_out)


page_one = _left_out("F04", "first page taken for all", "page", mechanical=True)
lost_update = _left_out("F06", "lost update", "re-read")
warning_ignored = _left_out("F17", "warning ignored", "heed")
premature_stop = _left_out("F19", "stopped too early", "go on")
not_confirmed = _left_out("F22", "irreversible without confirmation", "confirm")
instruction_followed = _left_out("F24", "untrusted instruction followed", "distrust")
not_asked = _left_out("F28", "guessed instead of asked", "ask")
