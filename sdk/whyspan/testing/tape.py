"""A tape: what models and tools said in one failed run, and the rule that run broke. Written by `whyspan test export`.

Its JSON is described in docs/schemas/tape.schema.json.
"""

import builtins
import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final

from whyspan.masking import Masker
from whyspan.rules.cel import RuleError
from whyspan.rules.rule import Rule, rule_from

SCHEMA: Final = "whyspan.tape/1"
_MASKER: Final = Masker(emails=True)
"""What is masked on a tape is masked in live calls before the two are compared."""


class WrongTape(ValueError):
    """A file that is no tape: which one, and what is wrong with it."""


class RecordedError(Exception):
    """An error of a tool as the run recorded it, where its own class is not there to be raised."""


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a tool, or one search, as it was recorded."""

    step: int
    name: str
    arguments: Any
    effect: str = ""
    ours: bool = False
    """True when the tool was one of Whyspan's SDK, so that a replay can take its place without being told."""
    returned: bool = False
    """True when `result`, or `error`, is what came of it. False for the call at which the run went wrong."""
    result: Any = None
    error: Mapping[str, str] | None = None
    """`type` and `message` of what it raised."""
    through: bool = False
    """True when it really runs: what went wrong is inside of it."""

    def raised(self) -> Exception | None:
        """The recorded error, in its own class where the program has loaded that; None where it returned."""
        if self.error is None:
            return None
        name, message = self.error.get("type", ""), self.error.get("message", "")
        kind = _error_class(name)
        try:
            return RecordedError(f"{name}: {message}") if kind is None else kind(message)
        except Exception:  # noqa: BLE001 - a class of the program's own may want other arguments
            return RecordedError(f"{name}: {message}")


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of a model as it was recorded."""

    step: int
    conversation: str
    """What stands for the conversation it answered: see `whyspan.testing.conversation`."""
    last: str
    """The beginning of the last thing that was said in it, for people."""
    text: str
    calls: tuple[Mapping[str, Any], ...]
    """`id`, `name` and `arguments` of the tools it calls."""
    finish: str = "stop"
    model: str = "recorded"
    reasoning: str = ""
    ours: bool = False
    """True when the request was recorded by Whyspan's SDK, which then tells rules of it by itself."""


@dataclass(frozen=True, slots=True)
class Decisive:
    """The event at which the recorded run broke the rule."""

    step: int
    kind: str
    name: str
    says: str
    """What happened, in a few words."""


@dataclass(frozen=True, slots=True)
class Tape:
    """Everything a replay needs of one failed run."""

    run_id: str
    diagnosis: str
    agent: str
    ours: bool
    """True when the agent's own root was recorded by Whyspan's SDK."""
    given: Any
    """What the agent was given: a text, or its arguments by name."""
    rule: Rule
    decisive: Decisive
    calls: tuple[Called, ...]
    answers: tuple[Answered, ...]


def load(source: str | PathLike[str] | Mapping[str, Any]) -> Tape:
    """A tape from its file, or from the JSON in it. Raises WrongTape."""
    if isinstance(source, Mapping):
        return _tape(source, "the tape")
    path = Path(source)
    try:
        return _tape(json.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, WrongTape):
            raise
        raise WrongTape(f"{path} cannot be read: {error}") from error


def _tape(document: Mapping[str, Any], name: str) -> Tape:
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        raise WrongTape(f'{name} is no tape: it must say "schema": "{SCHEMA}"; `whyspan test export RUN` writes one')
    try:
        return Tape(
            run_id=document["run_id"],
            diagnosis=document["diagnosis"],
            agent=document["agent"],
            ours=document["ours"],
            given=document["given"],
            rule=rule_from(document["rule"]),
            decisive=Decisive(**document["decisive"]),
            calls=tuple(Called(**each) for each in document["calls"]),
            answers=tuple(Answered(**{**each, "calls": tuple(each["calls"])}) for each in document["answers"]),
        )
    except (KeyError, TypeError, RuleError) as error:
        raise WrongTape(f"{name} is not as docs/schemas/tape.schema.json says: {error}") from error


def masked(value: Any) -> Any:
    """A value of JSON's types as a tape may hold it: without secrets, addresses and lone surrogates, which no file takes."""
    value = _MASKER.value(value)[0]
    text = json.dumps(value, ensure_ascii=False, default=str)
    sendable = text.encode("utf-8", "replace").decode("utf-8")
    return value if sendable == text else json.loads(sendable)


def count_masked(value: Any) -> int:
    """How many secrets and e-mail addresses are masked in it."""
    return _MASKER.value(value)[1]


def canonical(value: Any) -> str:
    """A text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def call_key(name: str, arguments: Any) -> tuple[str, str]:
    """The same for calls that ask for the same: masked, JSON read where it is a text, a lone argument without its name."""
    value = masked(arguments)
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    return name, canonical(value)


def nearest(wanted: str, recorded: Iterable[str]) -> str | None:
    """The recorded text that is most alike, for a message; None where there is none."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=wanted[:_COMPARED], autojunk=False)
    best: tuple[float, str] | None = None
    for each in recorded:
        matcher.set_seq1(each[:_COMPARED])
        if best is None or matcher.ratio() > best[0]:
            best = (matcher.ratio(), each)
    return None if best is None else best[1]


_COMPARED: Final = 300
"""Characters that are compared; it is for a message only."""


def _error_class(name: str) -> type[Exception] | None:
    """A built-in exception, or one of a module the program has loaded. Nothing is imported: the name comes from a trace."""
    module, _, last = name.rpartition(".")
    space = vars(builtins) if module in ("", "builtins") else vars(sys.modules.get(module, object))
    found = space.get(last)
    return found if isinstance(found, type) and issubclass(found, Exception) else None
