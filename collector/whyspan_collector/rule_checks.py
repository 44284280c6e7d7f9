"""What the rules in force found in some runs, on its way into the store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from whyspan_collector.errors import QueryError

_TEXT: Final = pa.string()
CHECKED: Final = pa.schema([("run_id", _TEXT), ("revision", _TEXT), ("rules", _TEXT)])
"""Columns of the table `rule_checks`."""
BROKEN: Final = pa.schema(
    [
        ("run_id", _TEXT),
        ("revision", _TEXT),
        ("rule_id", _TEXT),
        ("status", _TEXT),
        ("span_id", _TEXT),
        ("event", _TEXT),
        ("words", _TEXT),
        ("severity", pa.int32()),
        ("stopped", pa.bool_()),
    ]
)
"""Columns of the table `rule_violations`."""


@dataclass(frozen=True, slots=True)
class RuleChecks:
    """Which runs were looked at, with the columns of `CHECKED`, and what they broke, with those of `BROKEN`."""

    checked: Sequence[dict[str, Any]]
    broken: Sequence[dict[str, Any]] = field(default=())

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Both as tables. Raises QueryError where a row is none."""
        try:
            return pa.Table.from_pylist(list(self.checked), CHECKED), pa.Table.from_pylist(list(self.broken), BROKEN)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, AttributeError) as error:
            raise QueryError(f"these are no checks of rules: {error}") from error


def read_checks(sent: Any) -> RuleChecks:
    """The checks a JSON document describes. Raises QueryError where it describes none."""
    if not isinstance(sent, dict) or not {"checked"} <= sent.keys() <= {"checked", "broken"}:
        raise QueryError('checks of rules are {"checked": [...], "broken": [...]}')
    return RuleChecks(**sent)
