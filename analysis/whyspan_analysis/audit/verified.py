"""Whether a chain of hashes holds: `whyspan.verify/1`, one JSON object a line, of a run or of the log of the rules.

`python -m whyspan_analysis.audit.verified` writes its JSON Schema to docs/schemas.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whyspan_analysis.output import Text
from whyspan_collector.chains import Chain, Chained
from whyspan_collector.rule_events import broken_at


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class SegmentDocument(_Record):
    """What one process sent of one trace."""

    segment: Text
    trace_id: Text
    spans: int
    last: Text = Field(
        description="The hash of its last entry: kept elsewhere, it tells a chain that was written anew."
    )
    closed: bool = Field(description="True when the last entry is an outermost span of the process.")
    missing: list[int] = Field(description="Numbers of entries that are gone, at most 20 of them.")
    changed: list[Text] = Field(description="Ids of spans that are not what was sent, or not in their place.")
    masked: list[Text] = Field(description="Ids of spans in which the collector masked secrets: not checkable.")
    unchecked: list[Text] = Field(description="Ids of spans whose entry before is gone: not checkable.")


class Verified(_Record):
    """One chain, followed."""

    document: Literal["whyspan.verify/1"] = Field(default="whyspan.verify/1", alias="schema")
    chain: Literal["run", "rules"]
    run_id: Text | None = Field(default=None, description="Null for the log of the rules.")
    state: Chained
    segments: list[SegmentDocument] = Field(default=[], description="Of a run.")
    without: list[Text] = Field(default=[], description="Of a run: ids of ended spans that carry no entry.")
    entries: int | None = Field(default=None, description="Of the log of the rules; likewise:")
    broken_at: int | None = Field(
        default=None, description="The number of the first entry that is not what was written."
    )
    last: Text | None = Field(default=None, description="The hash of the last entry.")


def of_run(run_id: str, chain: Chain) -> Verified:
    """The document of a run's chain."""
    segments = [SegmentDocument(**asdict(segment)) for segment in chain.segments]
    return Verified(chain="run", run_id=run_id, state=chain.state, segments=segments, without=chain.without)


def of_rules(events: Sequence[Mapping[str, Any]]) -> Verified:
    """The document of the log of the rules, from all rows of the query `rule_events`."""
    at = broken_at(events)
    last = events[-1]["hash"] if events else None
    state = Chained.WHOLE if at is None else Chained.BROKEN
    return Verified(chain="rules", state=state, entries=len(events), broken_at=at, last=last)


def schema() -> str:
    """The JSON Schema of a line, as the text of `docs/schemas/verify.schema.json`."""
    document = Verified.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/verify.schema.json").write_text(schema(), encoding="utf-8")
