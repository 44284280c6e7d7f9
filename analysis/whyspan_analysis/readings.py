"""What was read of a record, each time it was: its fields, and the state it was in."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from whyspan_analysis.fields import dotted, join, read
from whyspan_analysis.lineage import MAX_SIGHTINGS, Lineage
from whyspan_analysis.model import Run
from whyspan_analysis.steps import Action
from whyspan_analysis.subjects import subjects
from whyspan_analysis.values import Value

_STATE = re.compile(r"(?:.*_)?(?:status|state|stage|phase)", re.IGNORECASE)


class Reading(NamedTuple):
    """One record as a result held it."""

    id: Value
    order: int
    """Position in `Run.spans` from which on it was known."""
    action: Action
    at: tuple[str, str]
    """(span id, path) of the record."""
    fields: dict[str, Any]

    @property
    def state(self) -> tuple[str, str] | None:
        """(path, words) of the state it was in; None where no field says."""
        said = ((key, value) for key, value in self.fields.items() if _STATE.fullmatch(key))
        return next(((join(self.at[1], key), value) for key, value in said if isinstance(value, str) and value), None)


class Readings:
    """The records of a run that were read by their id, and those found under one in another result."""

    def __init__(self, run: Run, lineage: Lineage) -> None:
        self._run, self._lineage = run, lineage
        self._whole: dict[str, list[Reading]] = {}
        for observation in lineage.observations:
            action, result = observation.action, observation.action.result
            if action.result_at is not None and isinstance(result, dict) and (named := _name(result)) is not None:
                reading = Reading(named[1], observation.order, action, action.result_at, result)
                self._whole.setdefault(reading.id.canon, []).append(reading)

    def last(self, value: Value, before: int) -> Reading | None:
        """The last one of the record with this id before a position; None where it was never read."""
        known = (each for each in self._whole.get(value.canon, ()) if each.order < before)
        return max((*known, *self._listed(value, before)), key=lambda reading: reading.order, default=None)

    def _listed(self, value: Value, before: int) -> Iterator[Reading]:
        seen = self._lineage.sightings(value, before)
        for sighting in seen if len(seen) < MAX_SIGHTINGS else ():  # of more, only the earliest are known
            path = sighting.path.removesuffix(dotted(sighting.key))
            if sighting.action is None or path == sighting.path:
                continue
            fields = read(self._run, sighting.span_id, path)
            if isinstance(fields, dict) and (named := _name(fields)) is not None and named[0] == sighting.key:
                yield Reading(value, sighting.order, sighting.action, (sighting.span_id, path), fields)


def _name(fields: dict[str, Any]) -> tuple[str, Value] | None:
    """(field, id) a record is named by: the first of its own that holds an id and nothing else."""
    own = {key: value for key, value in fields.items() if isinstance(value, str)}
    return next(((path.removeprefix("."), value) for path, value in subjects(own)), None)
