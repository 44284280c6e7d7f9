"""Rules as people write them: the pydantic models behind docs/schemas/rule.schema.json, which editors complete and check with.

`python -m whyspan_analysis.rules.document` writes the schema.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from whyspan_analysis.output.parts import Document

Cel = Annotated[
    str, Field(min_length=1, max_length=10_000, description="A predicate in the CEL subset of docs/rules.md.")
]
Template = Literal[
    "absence", "existence", "at_most", "exactly", "init", "end", "responded_existence", "response",
    "alternate_response", "precedence", "chain_precedence", "not_succession",
]  # fmt: skip
EventKind = Literal["task", "told", "model", "call", "result", "decision", "handoff", "guard", "answer"]


class ScopeDocument(Document):
    """The events a rule sees; all others are as if they were not there."""

    agent: str = Field("*", description="Pattern with * and ? of the agent's name.")
    tool: str = Field("*", description="Pattern of the tool's name, for call and result.")
    on: list[EventKind] = Field(default_factory=list, description="Kinds of events; all when left out.")


class WindowDocument(Document):
    """How far apart two events may be."""

    steps: int | None = Field(None, ge=1, description="Events in the rule's scope.")
    seconds: float | None = Field(None, gt=0)


class ActionDocument(Document):
    """What is done when the rule is broken."""

    guard: Literal["allow", "warn", "ask", "block", "dry_run"] = Field(
        "block", description="What the guard in the agent does with the call, once a person has made the rule active."
    )
    unchecked: Literal["allow", "block"] = Field(
        "allow",
        description="What it does with a call in scope that cannot be checked: the predicate has no answer there.",
    )


class RuleDocument(Document):
    """One checkable statement about runs."""

    id: str = Field(pattern="^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$")
    kind: Template = Field(description="The template; docs/rules.md says what each asks for.")
    a: Cel
    b: Cel | None = Field(None, description="The second predicate, for templates that relate two.")
    n: int = Field(1, ge=0, description="How often, for existence, at_most and exactly.")
    same: list[str] = Field(
        default_factory=list,
        description="Paths in the event, such as args.order: the rule is judged for each combination of their values by itself.",
    )
    within: WindowDocument | None = None
    scope: ScopeDocument | None = None
    message: str = Field("", max_length=2_000, description="What the model, or a person, is told when it is broken.")
    action: ActionDocument | None = None
    severity: int = Field(3, ge=1, le=5)
    status: Literal["candidate", "shadow", "active"] = Field(
        "candidate",
        description="Set by `whyspan rules activate`, which keeps who did it; in a file of your own it is yours to say.",
    )
    activated_by: str | None = None
    proposed_from: dict[str, Any] | None = Field(None, description="The run, hypothesis and detector it was made from.")
    evidence: dict[str, Any] | None = Field(None, description="What it did on stored runs when it was measured.")


class RulesDocument(Document):
    """A file of rules."""

    schema_: Literal["whyspan.rules/1"] = Field("whyspan.rules/1", alias="schema")
    rules: list[RuleDocument]


def schema() -> str:
    """The JSON Schema of a file of rules, as the text of `docs/schemas/rule.schema.json`."""
    return json.dumps(RulesDocument.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/rule.schema.json").write_text(schema(), encoding="utf-8")
