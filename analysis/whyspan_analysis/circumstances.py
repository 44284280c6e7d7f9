"""The circumstances of a run: which version of what it was made of. What separates failing from passing runs is looked for here.

Recorded by the SDK where it was told; where not, a fingerprint of the prompt and of each offered tool tells versions apart.
What the table of runs says anyway (model, environment, user, tags, start) is not repeated.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.model import Run
from whyspan_analysis.templates import masked

MOST: Final = 64
"""Circumstances kept of a run: an agent that is offered more tools is told apart by the first of them."""
_LONGEST: Final = 120
_PROMPT_READ: Final = 20_000
"""Characters of a prompt that enter its fingerprint."""


@dataclass(frozen=True, slots=True, order=True)
class Circumstance:
    """One of them, such as (`prompt refunds`, `v7`)."""

    name: str
    value: str


def circumstances(run: Run) -> list[Circumstance]:
    """All of a run, in order, each once."""
    found = {(name, value[:_LONGEST]) for name, value in (*_recorded(run), *_fingerprints(run)) if value}
    return [Circumstance(*each) for each in sorted(found)][:MOST]


def version(run: Run) -> str | None:
    """The version of the agent as its root span says, else of its service."""
    for span in run.spans:
        if span.kind is Kind.AGENT and span.agent_version:
            return span.agent_version[:_LONGEST]
    return next((span.service_version[:_LONGEST] for span in run.spans if span.service_version), None)


def input_length(run: Run) -> int | None:
    """Characters of the task the run was given; None where it was not captured."""
    for span in run.spans:
        content = run.contents[span.span_id]
        said = (part.content for m in content.input_messages if m.role == "user" for part in m.parts)
        if (task := next((text for text in said if text), None)) is not None:
            return len(task)
    given = next((run.contents[root.span_id].input for root in run.children[None]), None)
    return len(given) if isinstance(given, str) else None


def _recorded(run: Run) -> Iterator[tuple[str, str]]:
    for span in run.spans:
        name = span.attributes.get(semconv.PROMPT_NAME)
        if name and (number := span.attributes.get(semconv.PROMPT_VERSION)):
            yield f"prompt {name}", str(number)
        yield from _versions(span.attributes.get(semconv.RUN_VERSIONS))


def _versions(written: Any) -> Iterator[tuple[str, str]]:
    """Of `whyspan.run.versions`; nothing where it is not the JSON object it should be."""
    try:
        named = json.loads(written) if isinstance(written, str) else None
    except ValueError:
        return
    if isinstance(named, dict):
        yield from ((f"{name} version", value) for name, value in named.items() if isinstance(value, str))


def _fingerprints(run: Run) -> Iterator[tuple[str, str]]:
    """Of the instructions of each agent, with their variables masked, and of the definition of each tool it was offered."""
    seen: set[str | None] = set()
    for span in run.spans:
        content = run.contents[span.span_id]
        if span.kind is not Kind.MODEL_CALL or span.agent in seen or not content.input_messages:
            continue
        seen.add(span.agent)
        told = [part.content for m in content.input_messages if m.role == "system" for part in m.parts if part.content]
        if told:
            yield f"instructions of {span.agent or 'the agent'}", _fingerprint(masked("\n".join(told)[:_PROMPT_READ]))
        for tool in content.tool_definitions:
            yield f"tool {tool.get('name')}", _fingerprint(json.dumps(tool, sort_keys=True, default=str))


def _fingerprint(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
