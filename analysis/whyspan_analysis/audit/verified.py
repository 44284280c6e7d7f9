"""Whether a chain of hashes holds: `whyspan.verify/1`, one JSON object a line, of a run or of a log of what people did.

`python -m whyspan_analysis.audit.verified` writes its JSON Schema to docs/schemas.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from whyspan_analysis.output.parts import Text
from whyspan_collector.chains import Chain, Chained
from whyspan_collector.event_chain import broken_at, not_chained
from whyspan_collector.incident_events import IncidentEvent
from whyspan_collector.rule_events import RuleEvent


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
    chain: Literal["run", "rules", "incidents"] = Field(
        description="Of a run, or the log of the rules or the incidents."
    )
    run_id: Text | None = Field(default=None, description="Null for a log.")
    state: Chained
    segments: list[SegmentDocument] = Field(default=[], description="Of a run.")
    without: list[Text] = Field(default=[], description="Of a run: ids of ended spans that carry no entry.")
    entries: int | None = Field(default=None, description="Of a log; likewise:")
    not_chained: int | None = Field(
        default=None, description="The first entries that have no hash: they were written before the log had a chain."
    )
    broken_at: int | None = Field(
        default=None, description="The number of the first entry that is not what was written."
    )
    last: Text | None = Field(default=None, description="The hash of the last entry.")


def of_run(run_id: str, chain: Chain) -> Verified:
    """The document of a run's chain."""
    segments = [SegmentDocument(**asdict(segment)) for segment in chain.segments]
    return Verified(chain="run", run_id=run_id, state=chain.state, segments=segments, without=chain.without)


LOGS: Final[dict[Literal["rules", "incidents"], tuple[str, type[RuleEvent | IncidentEvent]]]] = {
    "rules": ("rule_events", RuleEvent),
    "incidents": ("incident_events", IncidentEvent),
}
"""Log -> the query that gives all its rows, and what a row is made of."""


def of_log(log: Literal["rules", "incidents"], events: Sequence[Mapping[str, Any]]) -> Verified:
    """The document of a log, from all its rows."""
    at, unchained = broken_at(LOGS[log][1], events), not_chained(events)
    state = Chained.WHOLE if at is None else Chained.BROKEN
    if at is None and events and unchained == len(events):
        state = Chained.NONE
    last = events[-1]["hash"] if events else None
    return Verified(chain=log, state=state, entries=len(events), not_chained=unchained, broken_at=at, last=last)


def schema() -> str:
    """The JSON Schema of a line, as the text of `docs/schemas/verify.schema.json`."""
    document = Verified.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/verify.schema.json").write_text(schema(), encoding="utf-8")
