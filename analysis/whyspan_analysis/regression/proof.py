"""Whether a test of a tape means something: red on what was recorded, green on what would have been right.

Both are judged by the player that judges the test itself, fed with the recorded events in the place of an agent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from whyspan.enforcement import Enforcer, GuardBlocked
from whyspan.rule_guard import RuleGuard
from whyspan.rules.events import STOPPABLE, Event, On
from whyspan.rules.rule import GuardAction, RuleStatus, compile_rule
from whyspan.testing.player import Player
from whyspan.testing.tape import load, masked
from whyspan.testing.verdict import ReplayOver, ReplayVerdict
from whyspan_analysis.model import Status
from whyspan_analysis.regression.recording import NotExportable, Recording
from whyspan_analysis.regression.tape import Taped
from whyspan_analysis.rules.history import PastRun, measure
from whyspan_analysis.rules.propose import BUDGET

_SECONDS: Final = 60.0
"""Computing time the rule may take here: a loaded machine must not make it look kept."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked before the test was written."""

    recorded: str
    """How the recorded behaviour is judged: it breaks the rule."""
    obeyed: str
    """How the same behaviour is judged when the rule is in force and the agent stops there."""
    passing: int
    """Stored passing runs in which the rule has something to look at."""
    spared: int
    """Of these, those it leaves alone."""


def prove(taped: Taped, recording: Recording, others: Iterable[PastRun]) -> Proof:
    """Checks a tape. Raises NotExportable with what does not hold."""
    rule = recording.rule.rule.id
    red = _rehearsed(taped, recording.stream, None)
    if red.verdict is not ReplayVerdict.BROKEN:
        raise NotExportable(
            f"a test would not fail on what was recorded: {red.why} (what is masked, or was not recorded, may hide it)"
        )
    in_force = replace(recording.rule.rule, status=RuleStatus.ACTIVE, guard=GuardAction.BLOCK)
    green = _rehearsed(taped, recording.stream, RuleGuard([compile_rule(in_force)], seconds=_SECONDS))
    if green.verdict is not ReplayVerdict.KEPT:
        raise NotExportable(f"a test would not pass on an agent that obeys the rule {rule}: {green.why}")
    [measured] = measure([recording.rule], (run for run in others if run.status is Status.OK))
    if measured.hit > BUDGET * measured.passing:
        raise NotExportable(
            f"a test would fail on {measured.hit} of {measured.passing} passing runs, which break the rule {rule} too"
        )
    return Proof(red.why, green.why, measured.passing, measured.passing - measured.hit)


def _rehearsed(taped: Taped, stream: Sequence[Event], guard: RuleGuard | None) -> Player:
    """A replay with the recorded events in the place of an agent, up to its verdict."""
    player = Player(load(taped.document.plain()), {}, reads=False)
    behind = player.around(guard)
    through = {event.span_id for position, event in enumerate(stream) if _runs_through(taped, position)}
    asked = {event.span_id for event in stream if event.kind == On.MODEL}
    try:
        for position, event in enumerate(stream):
            live = replace(event, args=masked(event.args), text=masked(event.text), out=masked(event.out))
            if event.kind == On.CALL:
                if (called := taped.calls.get(position)) is not None:
                    live.runs, live.args = "function", called.arguments
                if live.runs or event.span_id in asked:  # others happened inside of a call that is replaced
                    _call(live, behind)
            elif event.kind == On.RESULT and event.span_id not in through:
                continue  # it comes from the tape
            elif event.kind in STOPPABLE:
                behind.before(live)
            else:
                behind.happened(live)
        player.finished(None)
    except (ReplayOver, GuardBlocked) as over:
        player.finished(over)
    return player


def _runs_through(taped: Taped, position: int) -> bool:
    called = taped.calls.get(position)
    return called is not None and called.through


def _call(live: Event, behind: Enforcer) -> None:
    try:
        behind.before(live)
    except (ReplayOver, GuardBlocked):
        raise
    except Exception:  # noqa: BLE001, S110 - what the tool raised then, and the agent has lived with
        pass
