"""The tape as it is written: the pydantic models behind docs/schemas/tape.schema.json.

`python -m whyspan_analysis.regression.document` writes the schema.
"""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whyspan_analysis.rules.document import RuleDocument


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)


class RaisedDocument(_Document):
    """An error a tool raised."""

    type: str = Field(description="Its class as it was recorded; a replay raises it where the program has loaded it.")
    message: str


class CalledDocument(_Document):
    """One call of a tool, or one search."""

    step: int = Field(ge=1, description="Number of the call among the run's model calls and tool calls.")
    name: str
    arguments: Any
    effect: str = Field("", description="As its author declared it; empty where that was not recorded.")
    ours: bool = Field(description="Whether it was recorded by Whyspan's SDK.")
    returned: bool = Field(description="Whether the result, or error, is what came of it. False for the decisive call.")
    result: Any = None
    error: RaisedDocument | None = None
    through: bool = Field(False, description="It really runs in a replay: what went wrong is inside of it.")


class ToolCallDocument(_Document):
    """One tool call of a model."""

    id: str
    name: str
    arguments: Any


class AnsweredDocument(_Document):
    """One answer of a model."""

    step: int = Field(ge=1)
    conversation: str = Field(
        description="16 hex digits of what users, models and tools had said; see docs/regression.md."
    )
    last: str = Field(description="The beginning of the last thing said, for people.")
    reasoning: str = ""
    text: str
    calls: list[ToolCallDocument]
    finish: str
    model: str
    ours: bool


class DecisiveDocument(_Document):
    """The event at which the run broke the rule."""

    step: int = Field(ge=1)
    kind: Literal["call", "handoff", "answer"]
    name: str
    says: str


class TapeDocument(_Document):
    """What a replay needs of one failed run. Secrets and e-mail addresses are masked."""

    schema_: Literal["whyspan.tape/1"] = Field("whyspan.tape/1", alias="schema")
    run_id: str
    diagnosis: str
    agent: str
    ours: bool = Field(description="Whether the agent's root was recorded by Whyspan's SDK.")
    given: Any = Field(description="What the agent was given: a text, or its arguments by name.")
    rule: RuleDocument
    decisive: DecisiveDocument
    calls: list[CalledDocument]
    answers: list[AnsweredDocument]

    def plain(self) -> dict[str, Any]:
        """The JSON of the file, without what says nothing."""
        calls = [called.model_dump(exclude_defaults=True) for called in self.calls]
        return {**self.model_dump(), "rule": self.rule.model_dump(exclude_unset=True), "calls": calls}

    def written(self) -> str:
        """The text of the file."""
        return json.dumps(self.plain(), indent=2, ensure_ascii=False) + "\n"


def schema() -> str:
    """The JSON Schema of a tape, as the text of `docs/schemas/tape.schema.json`."""
    return json.dumps(TapeDocument.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/tape.schema.json").write_text(schema(), encoding="utf-8")
