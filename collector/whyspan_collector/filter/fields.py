"""The fields of the filter language: a closed table of names, what they mean, what they take and the SQL that tests them.

A fragment has `{}` where the parameter stands and `{op}` where a comparison may; `runs`, `diagnoses` and, of queries for
spans, `spans` are the tables of the queries that take a filter.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from whyspan import semconv

Kind: TypeAlias = Literal["name", "contained", "choice", "number", "dollars", "duration", "since", "before", "text"]
"""`text` is searched in the text index, which gives `{traces}` and, of traces that hold several runs, `{spans}`."""

STARTED: Final = "CASE WHEN runs.start_ns > 0 THEN runs.start_ns ELSE runs.last_arrived_ns END"
"""When a run began; when it arrived where no span of it has a clock that can be believed."""
_SPAN_STARTED: Final = (
    "CASE WHEN spans.start_ns BETWEEN 946684800000000000 AND 7258118400000000000 THEN spans.start_ns"
    " ELSE spans.arrived_ns END"
)
_RUNS_OF_SPANS: Final = (
    "runs.run_id IN (SELECT coalesce(split_spans.run_id, whole.run_id) FROM spans"
    " LEFT JOIN split_spans USING (trace_id, span_id)"
    " LEFT JOIN (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs) AS whole ON whole.trace_id = spans.trace_id"
    " WHERE %s)"
)
_RUNS_WITH_TEXT: Final = (
    "runs.run_id IN (SELECT run_id FROM (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs)"
    " WHERE trace_id IN (SELECT unnest(CAST({traces} AS VARCHAR[]))))"
    " OR runs.run_id IN (SELECT run_id FROM split_spans"
    " WHERE trace_id || '-' || span_id IN (SELECT unnest(CAST({spans} AS VARCHAR[]))))"
)
_SPANS_WITH_TEXT: Final = "spans.trace_id || '-' || spans.span_id IN (SELECT unnest(CAST({spans} AS VARCHAR[])))"


@dataclass(frozen=True, slots=True)
class Field:
    """One name that may stand before the colon."""

    name: str
    meaning: str
    """What it tests, for people."""
    kind: Kind
    sql: str
    """What tests a run."""
    choices: tuple[str, ...] = ()
    """The words it takes, where these are the only ones."""
    span_sql: str | None = None
    """What tests a span; None where that is to test the run it belongs to."""


def _like(column: str) -> str:
    return f"{column} ILIKE {{}} ESCAPE '\\'"


def _any_like(values: str) -> str:
    return f"len(list_filter({values}, lambda each: each ILIKE {{}} ESCAPE '\\')) > 0"


def _one_span(name: str, meaning: str, kind: Kind, span_sql: str, choices: tuple[str, ...] = ()) -> Field:
    """A field that is about spans: a run passes when one of its spans does."""
    return Field(name, meaning, kind, _RUNS_OF_SPANS % span_sql, choices, span_sql)


def _likes(*columns: str) -> str:
    return " OR ".join(_like(f"spans.{column}") for column in columns)


_ALL: Final = (
    Field(
        "status",
        "how the run ended; `arriving` while it has no diagnosis",
        "choice",
        "coalesce(diagnoses.outcome, 'arriving') = {}",
        ("ok", "failed", "unknown", "arriving"),
    ),
    Field(
        "grade",
        "how well the cause of a failure is supported",
        "choice",
        "diagnoses.outcome = 'failed' AND diagnoses.grade = {}",
        ("none", "suspect", "likely", "strong"),
    ),
    Field(
        "finding",
        "a detector that found something in it",
        "name",
        _any_like("list_transform(diagnoses.findings, lambda finding: finding.detector)"),
    ),
    Field("agent", "its agent", "name", _like("runs.agent"), span_sql=_like("coalesce(spans.agent, runs.agent)")),
    _one_span("tool", "a tool one of its spans called", "name", _likes("tool")),
    Field(
        "model",
        "a model it asked",
        "name",
        _any_like("runs.models"),
        span_sql=_likes("request_model", "response_model"),
    ),
    Field("service", "its service", "name", _like("runs.service"), span_sql=_likes("service")),
    Field("env", "its environment", "name", _like("runs.environment"), span_sql=_likes("environment")),
    Field("session", "its session or conversation", "name", _like("runs.session_id")),
    Field("user", "its user", "name", _like("runs.user_id")),
    Field("tag", "a label it was given", "name", _any_like("runs.tags")),
    _one_span(
        "version", "the version of its service or of an agent", "name", _likes("service_version", "agent_version")
    ),
    Field(
        "run",
        "its id, the agent's own id for it, or a trace id",
        "name",
        _any_like("list_concat([runs.run_id], runs.run_keys, runs.trace_ids)"),
    ),
    Field("name", "the name of its first span", "name", _like("runs.name"), span_sql=_likes("name")),
    _one_span("span", "the id of one of its spans", "name", _likes("span_id")),
    _one_span("kind", "what one of its spans stands for", "choice", "spans.kind = {}", tuple(semconv.Kind)),
    _one_span(
        "ended",
        "how one of its spans ended, in OpenTelemetry's words; `pending` while it has not",
        "choice",
        "CASE WHEN spans.end_ns = 0 THEN 'pending' ELSE spans.status END = {}",
        ("ok", "error", "unset", "pending"),
    ),
    Field(
        "error",
        "a part of the type or message of an error in it",
        "contained",
        f"runs.run_id IN (SELECT run_id FROM run_errors WHERE {_like('said')})",
        span_sql=_likes("error_type", "error_message", "status_message"),
    ),
    Field("verdict", "a part of its verdict", "contained", _like("diagnoses.verdict")),
    Field(
        "text",
        "words in its messages, tool arguments and results, names, rationale and errors",
        "text",
        _RUNS_WITH_TEXT,
        span_sql=_SPANS_WITH_TEXT,
    ),
    Field(
        "complete",
        "whether all its spans arrived and ended",
        "choice",
        "(runs.orphans = 0 AND runs.pending = 0 AND runs.root_span_id IS NOT NULL) = ({} = 'yes')",
        ("yes", "no"),
    ),
    Field(
        "setup",
        "whether it is nothing but preparations, such as the creation of an agent",
        "choice",
        "runs.setup = ({} = 'yes')",
        ("yes", "no"),
    ),
    Field(
        "pinned",
        "whether retention leaves it alone",
        "choice",
        "(runs.run_id IN (SELECT run_id FROM pins)) = ({} = 'yes')",
        ("yes", "no"),
    ),
    Field(
        "clock",
        "whether all its times can be times",
        "choice",
        "runs.clock_valid = ({} = 'valid')",
        ("valid", "invalid"),
    ),
    Field(
        "duration",
        "how long it took",
        "duration",
        "CASE WHEN runs.clock_valid THEN runs.end_ns - runs.start_ns END {op} {}",
        span_sql="CASE WHEN spans.end_ns >= spans.start_ns THEN spans.end_ns - spans.start_ns END {op} {}",
    ),
    Field(
        "cost",
        "what it cost in US dollars, as far as that is known",
        "dollars",
        "runs.cost {op} {}",
        span_sql="spans.cost {op} {}",
    ),
    Field(
        "tokens",
        "tokens in and out",
        "number",
        "coalesce(runs.input_tokens + runs.output_tokens, runs.input_tokens, runs.output_tokens) {op} {}",
        span_sql="coalesce(spans.input_tokens + spans.output_tokens, spans.input_tokens, spans.output_tokens) {op} {}",
    ),
    Field("spans", "how many spans it has", "number", "runs.spans {op} {}"),
    Field("errors", "how many of its spans ended with an error", "number", "runs.errors {op} {}"),
    Field("calls", "how many model calls it made", "number", "runs.model_calls {op} {}"),
    Field(
        "since",
        "began then or later; arrived, where its clock is invalid",
        "since",
        f"{STARTED} >= {{}}",
        span_sql=f"{_SPAN_STARTED} >= {{}}",
    ),
    Field(
        "before", "began, or arrived, before then", "before", f"{STARTED} < {{}}", span_sql=f"{_SPAN_STARTED} < {{}}"
    ),
)
FIELDS: Final = {field.name: field for field in _ALL}
"""Name -> field, in the order of the documentation."""
ANY: Final = Field(
    "any",
    "a free word: like text, or a part of its name, agent, service or verdict, or the beginning of its id",
    "text",
    "concat_ws(' ', runs.name, runs.agent, runs.service, diagnoses.verdict) ILIKE {} ESCAPE '\\'"
    " OR starts_with(runs.run_id, {word}) OR " + _RUNS_WITH_TEXT,
    span_sql="concat_ws(' ', spans.name, spans.agent, spans.tool, spans.service) ILIKE {} ESCAPE '\\'"
    " OR starts_with(spans.span_id, {word}) OR " + _SPANS_WITH_TEXT,
)
