"""What has happened in a run so far, as far as rules may ask: counts, latest results, values, what is left of the budget."""

import json
from collections import defaultdict
from typing import Any, Final

from whyspan.rules.cel import Function, NoAnswer
from whyspan.rules.cel.values import equal
from whyspan.rules.events import Event, On
from whyspan.rules.lineage import Lineage, is_value, scalars
from whyspan.rules.owners import Owners
from whyspan.rules.results import is_empty, names_more, unwrapped
from whyspan.rules.schemas import misfit

UNITS: Final = ("usd", "tokens", "model_calls", "tool_calls", "seconds")
"""Units of a budget."""
PERSON: Final = "ask_person"
"""The tool that stands for a question to a person (`whyspan.ask`): what it returns was given, not observed."""


class History:
    """One run, up to the event that is looked at."""

    def __init__(self) -> None:
        self.lineage = Lineage()
        self.owners = Owners()
        self.calls: dict[str, int] = defaultdict(int)
        self.latest: dict[str, Event] = {}
        """Tool -> its latest result."""
        self.failures: dict[str, int] = defaultdict(int)
        """Tool -> how many of its latest results in a row were errors."""
        self.repeated: dict[tuple[str, str, str], tuple[int, Any]] = {}
        """(agent, tool, arguments) -> how often this came back without an error since another call changed something, and with what.

        Of tools that only read, how often in a row with this result.
        """
        self.undone: set[tuple[str, str]] = set()
        """(tool, arguments) of changes that failed and have not succeeded since."""
        self.unread: dict[tuple[str, str], bool] = {}
        """(tool, arguments without the page) -> whether the latest result says that there is more of it."""
        self.budget: dict[str, float] = {}
        self.used: dict[str, float] = dict.fromkeys(UNITS, 0.0)
        self.offered: dict[str, frozenset[str]] = {}
        """Agent -> the tools its model was last offered."""
        self.schemas: dict[str, Any] = {}
        self.told: set[str] = set()
        self.finish = ""
        """Why the latest model call stopped."""

    def feed(self, event: Event) -> None:
        """The event has happened."""
        self.used["seconds"] = max(self.used["seconds"], event.seconds)
        feed = _FEEDS.get(event.kind)
        if feed is not None:
            feed(self, event)

    def read(self) -> None:
        """Takes in the values of what happened since; otherwise the first question about them does."""
        self.lineage.read()
        self.owners.read()


def _task(history: History, event: Event) -> None:
    if event.text:
        history.lineage.give(event.text)
    if isinstance(event.args, dict):
        history.lineage.give(event.args.get("constraints"))
        budget = event.args.get("budget")
        if isinstance(budget, dict):
            known = {unit: left for unit, left in budget.items() if isinstance(left, int | float)}
            history.budget.update({unit: float(left) for unit, left in known.items() if abs(left) < 1e300})


def _told(history: History, event: Event) -> None:
    if event.text not in history.told:  # every model call is told the whole conversation again
        history.told.add(event.text)
        history.lineage.give(event.text)


def _model(history: History, event: Event) -> None:
    history.finish = event.finish
    history.used["model_calls"] += 1
    history.used["tokens"] += event.tokens
    history.used["usd"] += event.usd
    if event.offered is not None:
        history.offered[event.agent] = event.offered
    if isinstance(event.schema, dict):
        history.schemas.update(event.schema)


def _call(history: History, event: Event) -> None:
    history.calls[event.name] += 1
    history.used["tool_calls"] += 1
    if event.schema is not None:
        history.schemas[event.name] = event.schema


def _result(history: History, event: Event) -> None:
    history.latest[event.name] = event
    asked = (event.name, _arguments(event.args))
    if event.ok is False:
        history.failures[event.name] += 1
        if event.changes:
            history.undone.add(asked)
        return
    history.undone.discard(asked)
    history.unread[event.name, _arguments(event.args, without=_PAGING)] = names_more(event.out) is not None
    history.failures[event.name] = 0
    key = _same_call(event)
    if event.changes:
        history.repeated = {key: history.repeated[key]} if key in history.repeated else {}
    times, before = history.repeated.get(key, (0, None))
    again = event.changes or (times > 0 and before == event.out)
    history.repeated[key] = (times + 1 if again else 1, event.out)
    if event.name == PERSON:
        history.lineage.give(event.out)
    else:
        history.lineage.observe(event.name, event.out)
        history.owners.observe(event.out)


_FEEDS: Final = {
    On.TASK.value: _task,
    On.TOLD.value: _told,
    On.MODEL.value: _model,
    On.CALL.value: _call,
    On.RESULT.value: _result,
}


def _same_call(event: Event) -> tuple[str, str, str]:
    return event.agent, event.name, _arguments(event.args)


def _arguments(args: Any, without: frozenset[str] = frozenset()) -> str:
    """Arguments as a text in which equal ones are equal."""
    if without and isinstance(args, dict):
        args = {name: value for name, value in args.items() if name not in without}
    return json.dumps(args, sort_keys=True, default=str)


_PAGING: Final = frozenset(
    ("page", "cursor", "offset", "start", "after", "skip", "page_token", "pageToken", "next_page", "next_cursor")
)
"""Arguments that say which part of a result is wanted."""


# --- the functions of expressions -----------------------------------------------------------------------------


def _run(env: dict[str, Any]) -> History:
    run: History = env["run"]
    return run


def at(event: Event, path: str) -> Any:
    """The value at a path of the event, such as `args.items[0].id`. Raises NoAnswer when there is none."""
    steps = path.replace("[", ".").replace("]", "").split(".")
    value: Any = getattr(event, steps[0], None)
    for step in steps[1:]:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list | tuple) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise NoAnswer(f"there is no {path}")
    if value is None:
        raise NoAnswer(f"there is no {path}")
    return value


def _label(env: dict[str, Any], path: str) -> str:
    return _run(env).lineage.label(at(env["e"], path))


def _invented(env: dict[str, Any], path: str) -> list[str]:
    return _run(env).lineage.invented(at(env["e"], path))


def _foreign(env: dict[str, Any], path: str) -> list[str]:
    run = _run(env)
    return run.owners.foreign(at(env["e"], path), lambda value: run.lineage.label(value) == "given")


def _taint(env: dict[str, Any], path: str) -> list[str]:
    return _run(env).lineage.taint(at(env["e"], path))


def _last(env: dict[str, Any], tool: str) -> dict[str, Any]:
    result = _run(env).latest.get(tool)
    if result is None:
        return {}
    return {"args": result.args, "out": unwrapped(result.out), "ok": result.ok, "error": result.error}


def _failed(env: dict[str, Any]) -> list[str]:
    return sorted(name for name, result in _run(env).latest.items() if result.ok is False)


def _failed_changes(env: dict[str, Any]) -> list[str]:
    return sorted({name for name, _ in _run(env).undone})


def _partial(env: dict[str, Any]) -> list[str]:
    return sorted({name for (name, _), more in _run(env).unread.items() if more})


def _empty(env: dict[str, Any]) -> list[str]:
    return sorted(name for name, result in _run(env).latest.items() if result.ok and is_empty(result.out))


def _hollow(env: dict[str, Any]) -> list[str]:
    return sorted(name for name, result in _run(env).latest.items() if result.ok and is_hollow(result))


def is_blank(result: Event) -> bool:
    """True when a reading tool came back with nothing, or with nothing but zeros and empty texts."""
    return result.ok is True and not result.changes and (is_empty(result.out) or is_hollow(result))


def is_hollow(result: Event) -> bool:
    """True when all numbers and words a reading tool returned are zeros and empty texts: a default, not an answer.

    Ids, truth values and what the tool was asked with do not count; nor does a search that found nothing, see `is_empty`.
    """
    if result.changes or is_empty(result.out):
        return False
    echoed = list(scalars(result.args))
    own = [value for value in scalars(result.out) if not any(equal(value, each) for each in echoed)]
    told = [value for value in own if not isinstance(value, bool) and not (isinstance(value, str) and is_value(value))]
    return bool(told) and not any(told)


def _repeats(env: dict[str, Any]) -> int:
    return _run(env).repeated.get(_same_call(env["e"]), (0, None))[0]


def _failures(env: dict[str, Any], tool: str = "") -> int:
    return _run(env).failures.get(tool or env["e"].name, 0)


def _is_offered(env: dict[str, Any]) -> bool:
    event, run = env["e"], _run(env)
    known = run.offered.get(event.agent)
    return event.kind != On.CALL or known is None or event.name in known


def _schema_error(env: dict[str, Any]) -> str:
    event = env["e"]
    if event.kind != On.CALL:
        return ""
    wrong = misfit(event.args, event.schema or _run(env).schemas.get(event.name), closed=True)
    return "" if wrong is None else wrong[0]


def _budget_left(env: dict[str, Any], unit: str) -> float:
    run = _run(env)
    if unit not in UNITS:
        raise NoAnswer(f"there is no budget of {unit!r}; units are {', '.join(UNITS)}")
    if unit not in run.budget:
        raise NoAnswer(f"the run declared no budget of {unit}")
    return run.budget[unit] - run.used[unit]


FUNCTIONS: Final[dict[str, Function]] = {
    "label": Function(("string",), "string", _label),
    "invented": Function(("string",), "list", _invented),
    "foreign": Function(("string",), "list", _foreign),
    "taint": Function(("string",), "list", _taint),
    "seen": Function(("any",), "bool", lambda env, value: _run(env).lineage.seen(value)),
    "count": Function(("string",), "int", lambda env, tool: _run(env).calls.get(tool, 0)),
    "last": Function(("string",), "map", _last),
    "failed": Function((), "list", _failed),
    "failed_changes": Function((), "list", _failed_changes),
    "failures": Function(("string",), "int", _failures, optional=1),
    "partial": Function((), "list", _partial),
    "empty": Function((), "list", _empty),
    "hollow": Function((), "list", _hollow),
    "blank": Function((), "bool", lambda env: env["e"].kind == On.RESULT and is_blank(env["e"])),
    "repeats": Function((), "int", _repeats),
    "offered": Function((), "bool", _is_offered),
    "schema_error": Function((), "string", _schema_error),
    "budget_left": Function(("string",), "double", _budget_left),
    "used": Function(("string",), "double", lambda env, unit: _run(env).used.get(unit, 0.0)),
    "finish": Function((), "string", lambda env: _run(env).finish),
}
"""What an expression may ask of the run; docs/rules.md says what each means."""
