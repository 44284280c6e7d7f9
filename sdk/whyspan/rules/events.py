"""The stream a rule looks at: what happened in a run, one event after the other.

A tool call is two events: `call`, with its arguments, before it runs, and `result`, when it came back.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class On(StrEnum):
    """What an event is."""

    TASK = "task"
    """The run begins: what it was asked (`text`), its constraints and budget (`args`)."""
    TOLD = "told"
    """The user or the program says something more (`text`)."""
    MODEL = "model"
    """A model answered: its words (`text`), why it stopped (`finish`), what it used (`tokens`, `usd`)."""
    CALL = "call"
    """A tool is about to run, with `args`."""
    RESULT = "result"
    """A tool came back: `out`, or `error`, with the `args` it was called with."""
    DECISION = "decision"
    """The agent chose: the question (`name`), the choice (`out`), the rationale (`text`)."""
    HANDOFF = "handoff"
    """Work is about to go to another agent (`name`), with `args`."""
    GUARD = "guard"
    """A guard (`name`) gave its verdict (`out`)."""
    ANSWER = "answer"
    """The run is about to give its answer (`text`)."""


STOPPABLE: Final = frozenset({On.CALL, On.RESULT, On.HANDOFF, On.ANSWER})
"""Events a guard can stop: what has not happened yet, and results, which need not be handed to the agent."""


@dataclass(slots=True)
class Event:
    """One thing that happened, or is about to."""

    kind: str
    name: str = ""
    agent: str = ""
    effect: str = ""
    """The tool's declared effect; empty where none was declared."""
    changes: bool = False
    """True for tools that change something outside the run: by their effect, else by the first word of their name."""
    args: Any = None
    out: Any = None
    ok: bool | None = None
    """Of a result: whether the tool came back without an error."""
    error: str = ""
    error_type: str = ""
    """The exception's type, such as `KeyError`; empty where none is known."""
    text: str = ""
    finish: str = ""
    tokens: int = 0
    usd: float = 0.0
    seconds: float = 0.0
    """Since the run began."""
    span_id: str = ""
    """The span it was read from; not a rule's business."""
    schema: Any = None
    """JSON Schema of the tool's arguments, where known; rules ask `schema_error()`."""
    offered: frozenset[str] | None = None
    """The tools the model was offered; rules ask `offered()`."""
    runs: str = ""
    """What will run if the call is let through: `function`, which a substitute can replace, or `block`, which none can. Not a rule's business."""
