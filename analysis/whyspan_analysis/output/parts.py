"""What every machine document is made of: text that can be written, times, and references into traces."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from whyspan_analysis.model import Beside, Ref


def _writable(value: Any) -> Any:
    """Half of a surrogate pair is legal in a JSON string and cannot be written as UTF-8: it becomes `?`."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_writable)]
Status = Literal["ok", "failed", "unknown"]
Grade = Literal["none", "suspect", "likely", "strong", "verified"]


class Document(BaseModel):
    """A document, or a part of one: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)


class RefDocument(Document):
    """A reference into the trace."""

    span_id: Text
    field: Text | None = Field(description="Where in the span, e.g. result.orders[2].id or attributes.<key>.")
    quote: Text | None = Field(description="The text found there, verbatim, cut to 160 characters.")


class BesideDocument(Document):
    """A reference into the trace of another run."""

    run_id: Text
    ref: RefDocument


def ref_document(ref: Ref) -> RefDocument:
    """The document of a reference."""
    return RefDocument(span_id=ref.span_id, field=ref.field, quote=ref.quote)


def beside_documents(beside: Iterable[Beside]) -> list[BesideDocument]:
    """The documents of what other runs have there."""
    return [BesideDocument(run_id=each.run_id, ref=ref_document(each.ref)) for each in beside]


def rfc3339(time_ns: int) -> str | None:
    """A time in UTC with nanoseconds, e.g. `2026-11-22T17:05:00.123456789Z`; None beyond the year 9999."""
    seconds, nanoseconds = divmod(time_ns, 10**9)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
    except (ValueError, OverflowError, OSError):
        return None
