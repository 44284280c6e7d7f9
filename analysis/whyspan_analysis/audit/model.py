"""One entry of the audit trail: `whyspan.audit/1`, one JSON object a line.

`python -m whyspan_analysis.audit.model` writes its JSON Schema to docs/schemas.
"""

import json
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from whyspan_analysis.model import Undoing
from whyspan_analysis.output.parts import Text

EntryKind: TypeAlias = Literal["action", "person", "guard", "override", "chain", "rule", "incident", "judgement"]


class Approval(BaseModel):
    """Somebody who was asked whether an action may happen, by the agent or by a guard."""

    model_config = ConfigDict(frozen=True)

    span_id: Text
    who: Text | None = Field(description="As the agent recorded it; null where only the answer is known.")
    text: Text
    agreed: bool | None = Field(
        description="False: they said no, and it happened. Null where the answer is not plainly yes or no, or there is none."
    )
    derived: bool = Field(
        description="False: recorded inside the span of the action. True: asked before it in the same run, in words that name it."
    )


class AuditEntry(BaseModel):
    """Something that was done. What a run did is as its spans say, what people did as the logs say."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    document: Literal["whyspan.audit/1"] = Field(default="whyspan.audit/1", alias="schema")
    at: str | None = Field(description="RFC 3339 in UTC, by the clock of the agent for what a run did, else by ours.")
    kind: EntryKind = Field(
        description="`action`: a run changed something outside. `person`: it asked somebody. `guard`: a guard gave its verdict. "
        "`chain`: whether the spans of the run are what was sent. `rule`, `incident`, `judgement`: somebody did something about one."
    )
    run_id: Text | None = None
    span_id: Text | None = None
    agent: Text | None = None
    who: Text | None = Field(
        default=None, description="The person, as they call themselves or as the agent named them."
    )
    derived: bool | None = Field(
        default=None,
        description="Of an override: true where `who` is whom the agent asked last inside the same call, false where the guard says it.",
    )
    subject: Text = Field(description="The tool, the guard or rule, the incident, or the run.")
    text: Text = Field(description="What was done, in words.")
    undoing: Undoing | None = Field(default=None, description="Of an action: what of it can be undone.")
    certain: bool | None = Field(default=None, description="Of an action: false when it failed and may have happened.")
    digest: Text | None = Field(
        default=None, description="Of an action: SHA-256 of its arguments, JSON with its keys in order."
    )
    approvals: list[Approval] | None = Field(
        default=None, description="Of an action: who was asked about it; empty where nobody was."
    )
    verdict: Text | None = Field(
        default=None,
        description="Of a guard: pass, change or block; of an override: overridden. Of a rule, incident or judgement: what it became.",
    )
    proof: Text | None = Field(
        default=None,
        description="The entry of the span in its chain, or the hash of the entry in the log of the rules or incidents.",
    )


def schema() -> str:
    """The JSON Schema of a line, as the text of `docs/schemas/audit.schema.json`."""
    document = AuditEntry.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/audit.schema.json").write_text(schema(), encoding="utf-8")
