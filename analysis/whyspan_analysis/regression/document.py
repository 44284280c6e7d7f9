"""The tape, and what an export says, as they are written: the pydantic models behind docs/schemas/tape and test.

`python -m whyspan_analysis.regression.document` writes the schemas.
"""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from whyspan_analysis.output.parts import Document
from whyspan_analysis.rules.document import RuleDocument


class RaisedDocument(Document):
    """An error a tool raised."""

    type: str = Field(description="Its class as it was recorded; a replay raises it where the program has loaded it.")
    message: str


class CalledDocument(Document):
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


class ToolCallDocument(Document):
    """One tool call of a model."""

    id: str
    name: str
    arguments: Any


class AnsweredDocument(Document):
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


class DecisiveDocument(Document):
    """The event at which the run broke the rule."""

    step: int = Field(ge=1)
    kind: Literal["call", "handoff", "answer"]
    name: str
    says: str


class TapeDocument(Document):
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


class CheckedDocument(Document):
    """What was checked before a test was written."""

    recorded: str = Field(description="How the recorded behaviour is judged: why the test is red on it.")
    obeyed: str = Field(description="How an agent is judged that obeys the rule: why the test is green on it.")
    passing: int = Field(ge=0, description="Stored passing runs in which the rule has something to look at.")
    spared: int = Field(ge=0, description="Of these, those on which the test would be green.")


class NowDocument(Document):
    """How the test ended with today's code."""

    state: Literal["green", "red", "unclear"] = Field(
        description="`unclear`: it failed, and not because the recorded failure happened again."
    )
    why: str


class ExportedDocument(Document):
    """What `whyspan test export --json` says."""

    schema_: Literal["whyspan.test/1"] = Field("whyspan.test/1", alias="schema")
    run_id: str
    rule: str
    test: str = Field(description="The pytest file.")
    tape: str = Field(description="The tape beside it.")
    checked: CheckedDocument
    now: NowDocument | None = Field(None, description="Null where no agent was named.")


DOCUMENTS: dict[str, type[Document]] = {"tape": TapeDocument, "test": ExportedDocument}
"""File name in `docs/schemas` -> its model."""


def schema(name: str) -> str:
    """The JSON Schema of a document, as the text of its file."""
    return json.dumps(DOCUMENTS[name].model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for document in DOCUMENTS:
        Path(f"docs/schemas/{document}.schema.json").write_text(schema(document), encoding="utf-8")
