"""What two runs were made of and told, as far as it was captured: task, instructions, models, tools offered, versions."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from whyspan import semconv
from whyspan_analysis.case import Case
from whyspan_analysis.compare.differences import FieldDifference
from whyspan_analysis.fields import read, refer, text
from whyspan_analysis.model import Ref, Run
from whyspan_analysis.task import asked_at, messages_at

if TYPE_CHECKING:
    from whyspan_analysis.steps import Call

_COLUMNS = ("service", "service_version", "agent_version", "environment")
_ATTRIBUTES = {
    semconv.RUN_CONSTRAINTS: "constraints",
    semconv.RUN_FINGERPRINT: "fingerprint",
    semconv.PROMPT_VERSION: "prompt version",
}


class Said(NamedTuple):
    """One thing a run was made of or told."""

    value: str
    ref: Ref


def premise_differences(here: Case, there: Case) -> list[FieldDifference]:
    """What the runs were made of and told otherwise, by name; also what only one of them tells."""
    mine, theirs = _premises(here), _premises(there)
    found = []
    for name in dict.fromkeys([*mine, *theirs]):
        one, other = mine.get(name), theirs.get(name)
        if one is None or other is None or one.value != other.value:
            found.append(FieldDifference(name, one and one.ref, other and other.ref))
    return found


def _premises(case: Case) -> dict[str, Said]:
    """Everything by name, as it was first said."""
    found: dict[str, Said] = {}
    if (at := asked_at(case.run)) is not None:
        found["task"] = _said(case.run, *at)
    for name, said in (*_of_spans(case.run), *_of_calls(case)):
        found.setdefault(name, said)
    return found


def _of_spans(run: Run) -> Iterator[tuple[str, Said]]:
    for span in run.spans:
        for column in _COLUMNS:
            if getattr(span, column) is not None:
                yield column.replace("_", " "), _said(run, span.span_id, column)
        for key, name in _ATTRIBUTES.items():
            if key in span.attributes:
                yield name, _said(run, span.span_id, f"attributes.{key}")
        if semconv.RUN_VERSIONS in span.attributes:
            path = f"attributes.{semconv.RUN_VERSIONS}"
            for name, version in _versions(span.attributes[semconv.RUN_VERSIONS]).items():
                yield f"version of {name}", Said(text(version), refer(run, span.span_id, path, str(name)))


def _versions(written: Any) -> dict[str, Any]:
    """Name -> version, as the SDK writes them; nothing where something else stands there."""
    try:
        found = json.loads(written) if isinstance(written, str) else written
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _of_calls(case: Case) -> Iterator[tuple[str, Said]]:
    """The instructions, models and tools each agent was given, by its first model call."""
    first: dict[str | None, Call] = {}
    for call in case.calls:
        first.setdefault(call.agent, call)
    for agent, call in first.items():
        of = f" of {agent}" if agent else ""
        for number, at in enumerate(messages_at(case.run, call.span.span_id, "system")):
            yield f"instructions{of}" + (f", part {number + 1}" if number else ""), _said(case.run, *at)
        for column in ("request_model", "response_model"):
            if getattr(call.span, column) is not None:
                yield column.replace("_", " ") + of, _said(case.run, call.span.span_id, column)
        for number, tool in enumerate(call.content.tool_definitions):
            yield f"tool `{tool.get('name')}`{of}", _said(case.run, call.span.span_id, f"tool_definitions[{number}]")


def _said(run: Run, span_id: str, path: str) -> Said:
    return Said(text(read(run, span_id, path)), refer(run, span_id, path))
