"""What a person says about the diagnosis of a run: one record of the append-only table `annotations`."""

import json
import re
from collections.abc import Callable, Container
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from pyarrow import Table

from whyspan_collector.errors import QueryError

Judgement: TypeAlias = Literal["right", "wrong"]

LONGEST: Final = 10_000
"""Characters of a note or a name."""
_SPAN: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One of them. Raises QueryError when it is made of what makes no sense."""

    run_id: str
    at_ns: int
    """By our clock, nanoseconds since the epoch."""
    person: str | None = None
    """Who says so; None where nobody has to say who they are."""
    judgement: Judgement | None = None
    """Whether the verdict is right; None takes back what the person said before."""
    span_id: str | None = None
    """The span of the decision that was to blame in truth, where the verdict is wrong and the person knows."""
    note: str | None = None

    def __post_init__(self) -> None:
        """Checks what comes from outside."""
        if not isinstance(self.at_ns, int) or not 0 <= self.at_ns < 2**64:
            raise QueryError("the time of an annotation is a number of nanoseconds since the epoch")
        if self.judgement not in (None, *get_args(Judgement)):
            raise QueryError(f"a judgement is one of {', '.join(get_args(Judgement))}, not {self.judgement!r}")
        for text in (self.run_id, self.person or "", self.note or ""):
            if not (isinstance(text, str) and len(text) <= LONGEST):
                raise QueryError(f"an annotation is made of texts of at most {LONGEST:,} characters")
        if self.span_id is not None and not (isinstance(self.span_id, str) and _SPAN.fullmatch(self.span_id)):
            raise QueryError("a span is named by its id, 16 hex digits")


def read_annotation(sent: Any) -> Annotation:
    """The annotation a JSON document describes. Raises QueryError where it describes none."""
    names = {field.name for field in fields(Annotation)}
    if not isinstance(sent, dict) or not {"run_id", "at_ns"} <= sent.keys() <= names:
        raise QueryError(f"an annotation is a JSON object with run_id and at_ns, of {sorted(names)}")
    return Annotation(**sent)


def write_annotations(query: Callable[..., Table], run_ids: Container[str], path: Path) -> None:
    """Writes what people said of the diagnoses of some runs, one JSON object a line; no file where nobody said anything."""
    said = [annotation for annotation in query("annotations").to_pylist() if annotation["run_id"] in run_ids]
    if said:
        path.write_text("".join(json.dumps(each) + "\n" for each in said), encoding="utf-8")
