"""What a person may do about an incident, as the event that records it: the same on the command line and in the dashboard."""

import time
from typing import Any, Final, Literal, TypeAlias

from whyspan_analysis.incidents.model import Incident
from whyspan_collector.incident_events import IncidentEvent, State

Act: TypeAlias = Literal["ack", "fix", "ignore", "reopen", "assign", "note", "test", "merge", "split"]

_STATUS: Final[dict[str, State]] = {"ack": "acknowledged", "fix": "fixed", "ignore": "ignored", "reopen": "open"}


def event(  # noqa: PLR0913 - the fields of the event, all but two by name
    act: Act,
    incident: str,
    *,
    person: str | None,
    text: str | None = None,
    version: str | None = None,
    other: str | None = None,
) -> IncidentEvent:
    """The event, of this moment. Raises QueryError when it is made of what makes no sense.

    Args:
        act: what is done.
        incident: to which one, by its id.
        person: who does it, as they call themselves.
        text: with `assign` the owner (None: nobody any more), with `note` the words, with `test` its name.
        version: with `fix`: the version that holds the fix, where there are versions.
        other: with `merge` and `split`: the other signature.
    """
    what: dict[str, Any] = {"kind": act, "other": other}
    if act in _STATUS:
        what = {"kind": "status", "value": _STATUS[act], "version": version if act == "fix" else None}
    elif act in ("assign", "note", "test"):
        what = {"kind": "owner" if act == "assign" else act, "value": text}
    return IncidentEvent(time.time_ns(), incident, person=person, **what)


def parts_of(incident: Incident) -> list[str]:
    """The signatures that were merged into it, and can be taken out of it again."""
    return [signature for signature in incident.signatures if signature != incident.id]
