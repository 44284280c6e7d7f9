"""The incidents as a document: `whyspan.incidents/1`.

`python -m whyspan_analysis.incidents.model` writes its JSON Schema to docs/schemas.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from whyspan_analysis.output.parts import Text

Status: TypeAlias = Literal["candidate", "shadow", "active", "written", "fixed", "fixed before"]
Worked: TypeAlias = Literal["prevented", "came back", "quiet"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class SignatureParts(_Record):
    """What a signature is made from; null where there was nothing, or nothing that says something about the cause."""

    anchor: Text = Field(description="What kind of sign says that the runs failed.")
    family: Text | None
    detector: Text | None
    kind: Text | None = Field(description="Of the decisive span.")
    agent: Text | None
    tool: Text | None
    error: Text | None = Field(description="Template of the error, or of the failed checks where no cause was found.")
    question: Text | None = Field(description="Template of the question that was decided.")
    choice: Text | None
    origin: Text | None = Field(description="Where the trouble first appeared.")


class VersionCount(_Record):
    """How often the incident happened in one version."""

    version: Text
    failed: int
    runs: int = Field(description="Diagnosed runs of the agents concerned in this version.")


class IntroducedIn(_Record):
    """The version before which the incident was next to absent."""

    version: Text
    failed_before: int
    runs_before: int
    failed_since: int
    runs_since: int
    p: float = Field(
        description="Fisher's exact test, one-sided, times the number of places the versions could be cut at."
    )


class Reopened(_Record):
    """The incident came back although somebody had called it fixed."""

    run_id: Text
    version: Text | None
    at: str | None
    text: Text


class NoteEntry(_Record):
    """Words of a person."""

    at: str | None
    person: Text | None
    text: Text


class ExampleRun(_Record):
    """A run of the incident."""

    run_id: Text
    started_at: str | None
    version: Text | None
    grade: Text
    verdict: Text | None
    url: Text | None


class Point(_Record):
    """One period of the trend."""

    start: str
    failed: int
    runs: int = Field(description="Diagnosed runs of the agents concerned.")


class Change(_Record):
    """A circumstance that separates the runs of an incident from passing runs of the same agents."""

    name: Text
    value: Text
    also: list[Text] = Field(
        description="Circumstances with the same counts: from these runs they cannot be told apart."
    )
    failed_with: int
    passed_with: int
    failed_without: int
    passed_without: int
    lift: float | None = Field(
        description="Share of failed runs with it over that without it; null where none failed without it."
    )
    q: float = Field(description="Fisher's exact test, corrected for all tests of the document.")


class Measure(_Record):
    """Something that was done about an incident, and what came of it since."""

    kind: Literal["rule", "test", "fix"]
    name: Text | None = Field(description="The rule's id, the test's name, or the version that holds the fix.")
    status: Status = Field(
        description="Of a rule, a test and a fix; `fixed before`: another fix followed, or the incident was opened again."
    )
    at: str | None = Field(description="Since when it is so; null for a candidate.")
    person: Text | None
    stopped: Text | None = Field(
        None, description="Of a rule: what it would have stopped of the stored failures when it was measured."
    )
    hit: Text | None = Field(None, description="Likewise: which good runs it would have hit.")
    state: Worked | None = Field(
        None, description="Since then; null for a rule that is not active. Only a rule can have `prevented` anything."
    )
    failures_since: int | None = Field(None, description="Runs that failed of it since; null for a candidate.")
    runs_since: int | None = Field(None, description="Likewise: diagnosed runs of the agents concerned.")
    stopped_since: int | None = Field(
        None, description="Likewise: runs in which the guard stopped what breaks the rule."
    )


class Prevention(_Record):
    """What was done about an incident, and whether it worked since; computed from the runs, never set by hand."""

    state: Worked | None = Field(
        description="Since a rule or a fix, or a test where it is all there is, last came into force. `prevented`: the guard in the agent stopped what breaks a rule against "
        "it, and no run failed of it; `quiet`: neither. Null where nothing is in force."
    )
    since: str | None
    failures_before: int
    failures_since: int = Field(
        description="Runs that failed of it since, but for those in which the guard stopped a call."
    )
    runs_since: int = Field(description="Diagnosed runs of the agents concerned.")
    stopped_since: int = Field(description="Runs in which the guard stopped a call that breaks a rule against it.")
    broken_since: int = Field(description="Runs that broke such a rule and were not stopped.")
    measures: list[Measure] = Field(description="Rules, then tests and fixes in the order in which they were recorded.")


class Incident(_Record):
    """All failed runs with one signature, or with several that a person merged."""

    id: Text
    signatures: list[Text]
    title: Text = Field(description="What happened and where.")
    cause: Text = Field(
        description="What happened; `No cause was found` where that is what the verdicts of most runs say."
    )
    parts: SignatureParts
    status: Literal["open", "acknowledged", "fixed", "ignored"] = Field(
        description="As a person set it; `open` again where it came back after the fix."
    )
    fixed_in: Text | None
    reopened: Reopened | None
    owner: Text | None
    notes: list[NoteEntry]
    first_seen: str | None = Field(description="Of all stored runs, also those before the period.")
    last_seen: str | None
    runs: int = Field(description="Failed runs in the period.")
    share: float = Field(description="Of the diagnosed runs of the agents concerned, 0 to 1.")
    agents: list[Text]
    models: list[Text]
    versions: list[VersionCount]
    introduced_in: IntroducedIn | None
    changed: list[Change] | None = Field(
        description="What separates its runs, most significant first; null where there are too few runs to say."
    )
    prevention: Prevention | None = Field(description="Null where nothing was done about it, not even proposed.")
    grades: dict[str, int]
    cost: float | None = Field(description="US dollars of the calls whose cost is known; null where none is.")
    costs_recorded: int
    costs_derived: int
    costs_unknown: int
    tokens: int | None
    time_ms: float | None = Field(description="Time these runs took, together.")
    trend: list[Point]
    examples: list[ExampleRun] = Field(description="Best-evidenced first.")


class Proposal(_Record):
    """Two incidents that may be one: for a person to merge, or to keep apart."""

    incident: Text
    other: Text
    similarity: float = Field(description="Jaccard index of their parts and of the words of their templates, 0 to 1.")
    reason: Text


class Alarm(_Record):
    """Something that is not as it was."""

    kind: Literal["new", "rising", "traffic", "capture"]
    text: Text
    incident: Text | None = None
    agent: Text | None = None
    version: Text | None = None
    model: Text | None = None
    now: int = Field(description="Runs in the latest window.")
    of_now: int | None
    before: int = Field(description="Likewise in the windows before it; of traffic the mean of one.")
    of_before: int | None
    q: float | None = Field(description="Corrected for all tests of the window; null for traffic.")
    run_ids: list[Text] = Field(description="The latest of the runs it speaks of.")


class IncidentsDocument(_Record):
    """What `whyspan incidents --json` prints: most runs first."""

    document: Literal["whyspan.incidents/1"] = Field(default="whyspan.incidents/1", alias="schema")
    since: str | None
    runs: int = Field(description="Diagnosed runs in the period.")
    failed: int
    period: Text = Field(description="Length of one period of the trends in words.")
    incidents: list[Incident]
    proposals: list[Proposal]
    alarms: list[Alarm] = Field(description="What is not as it was in the last day, by our clock.")


def moment(time_ns: int) -> str | None:
    """A time as these documents write it, RFC 3339 in UTC to the second; None beyond the year 9999."""
    try:
        return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return None


def schema() -> str:
    """The JSON Schema of `whyspan.incidents/1`, as the text of `docs/schemas/incidents.schema.json`."""
    document = IncidentsDocument.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    Path("docs/schemas/incidents.schema.json").write_text(schema(), encoding="utf-8")
