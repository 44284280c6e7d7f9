"""What happened to a rule: one record of the append-only table `rule_events`, each chained to those before (`event_chain`)."""

import json
import re
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TypeAlias, get_args

from whyspan_collector.errors import QueryError

Action: TypeAlias = Literal["proposed", "imported", "shadowed", "activated", "retired"]

LONGEST: Final = 200_000
"""Characters of a rule's record."""
LONGEST_NOTE: Final = 10_000
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")
_BY_PEOPLE: Final = ("shadowed", "activated", "retired")


@dataclass(frozen=True, slots=True)
class RuleEvent:
    """One of them. Raises QueryError when it is made of what makes no sense."""

    at_ns: int
    """By our clock, nanoseconds since the epoch."""
    rule_id: str
    action: Action
    record: str
    """JSON: the rule as it is from now on (docs/schemas/rule.schema.json)."""
    person: str | None = None
    """Who did it, as they call themselves. Only proposals and imports may come from nobody."""
    note: str | None = None

    def __post_init__(self) -> None:
        """Checks what comes from outside."""
        if not isinstance(self.at_ns, int) or not 0 <= self.at_ns < 2**63:
            raise QueryError("the time of an event is a number of nanoseconds since the epoch")
        if self.action not in get_args(Action):
            raise QueryError(f"there is no action {self.action!r}; there are {', '.join(get_args(Action))}")
        if not isinstance(self.rule_id, str) or _ID.fullmatch(self.rule_id) is None:
            raise QueryError("a rule is named by 3 to 64 lower-case letters, digits and hyphens")
        for text, longest in (
            (self.record, LONGEST),
            (self.person or "", LONGEST_NOTE),
            (self.note or "", LONGEST_NOTE),
        ):
            if not (isinstance(text, str) and len(text) <= longest):
                raise QueryError(f"an event is made of texts; this one may have {longest:,} characters")
        if self.action in _BY_PEOPLE and not (self.person or "").strip():
            raise QueryError(f"who {self.action} the rule must be said")
        try:
            rule = json.loads(self.record)
        except ValueError as error:
            raise QueryError(f"the record of a rule is JSON: {error}") from error
        if not isinstance(rule, dict) or rule.get("id") != self.rule_id:
            raise QueryError(f"the record is not that of the rule {self.rule_id!r}")


def read_rule_event(sent: Any) -> RuleEvent:
    """The event a JSON document describes. Raises QueryError where it describes none."""
    names = {field.name for field in fields(RuleEvent)}
    if not isinstance(sent, dict) or not {"at_ns", "rule_id", "action", "record"} <= sent.keys() <= names:
        raise QueryError(f"a rule event is a JSON object with at_ns, rule_id, action and record, of {sorted(names)}")
    return RuleEvent(**sent)
