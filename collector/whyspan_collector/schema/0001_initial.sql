-- Schema 1. One file per migration, applied in order inside one transaction; a released file never changes.
-- No primary keys: on 1,000-row batches they cost ten times the insert and four times the file. Writers de-duplicate.

CREATE TABLE schema_version (version INTEGER NOT NULL);

CREATE TABLE spans (
    trace_id          VARCHAR NOT NULL,     -- 32 lower-case hex digits
    span_id           VARCHAR NOT NULL,     -- 16 lower-case hex digits
    parent_span_id    VARCHAR,
    name              VARCHAR NOT NULL,
    otel_kind         VARCHAR NOT NULL,
    start_ns          UBIGINT NOT NULL,     -- as it came: 0, 1 and 2^64-1 are legal
    end_ns            UBIGINT NOT NULL,     -- 0 while pending
    status            VARCHAR NOT NULL,
    status_message    VARCHAR,
    service           VARCHAR,
    service_version   VARCHAR,
    environment       VARCHAR,
    scope             VARCHAR,
    scope_version     VARCHAR,
    vocabulary        VARCHAR,
    kind              VARCHAR NOT NULL,
    operation         VARCHAR,
    agent             VARCHAR,
    agent_id          VARCHAR,
    agent_version     VARCHAR,
    tool              VARCHAR,
    tool_call_id      VARCHAR,
    effect            VARCHAR,
    request_model     VARCHAR,
    response_model    VARCHAR,
    provider          VARCHAR,
    finish_reason     VARCHAR,
    input_tokens      BIGINT,
    output_tokens     BIGINT,
    cache_read_tokens  BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens  BIGINT,
    cost              DOUBLE,               -- US dollars as reported
    session_id        VARCHAR,
    user_id           VARCHAR,
    run_key           VARCHAR,
    error_type        VARCHAR,
    error_message     VARCHAR,
    linked_spans      VARCHAR[] NOT NULL,   -- `<trace id>-<span id>` of every span it links to, for the grouping of runs
    message           UBIGINT NOT NULL,     -- the span as it was sent: the number of an item in `packs`
    context           UBIGINT NOT NULL,     -- likewise its resource and scope
    attribute_count   INTEGER NOT NULL,     -- merge rule: ended beats pending, then more attributes, then larger hash
    content_hash      VARCHAR NOT NULL,     -- of the span as sent; not of the arrival, nor of what a vocabulary made of it
    arrived_ns        UBIGINT NOT NULL
);

CREATE TABLE logs (
    trace_id     VARCHAR,
    span_id      VARCHAR,
    time_ns      UBIGINT NOT NULL,
    event_name   VARCHAR,
    severity     VARCHAR,
    message      UBIGINT NOT NULL,          -- as in `spans`
    context      UBIGINT NOT NULL,
    content_hash VARCHAR NOT NULL,          -- a log has no id: equal content is the same record
    arrived_ns   UBIGINT NOT NULL
);

-- What was sent, as items of bytes numbered through; see packs.py. Compressed by us: DuckDB's zstd takes 18 us a span at a
-- checkpoint, and its log would take everything uncompressed before.
CREATE TABLE packs (
    first_item UBIGINT NOT NULL,            -- number of the first item; the others follow
    sizes      UINTEGER[] NOT NULL,         -- bytes of each item
    stored     BLOB NOT NULL USING COMPRESSION uncompressed  -- the items one behind the other, zstd
);

-- What is known of a trace without reading its spans.
CREATE TABLE traces (
    trace_id         VARCHAR NOT NULL,
    first_arrived_ns UBIGINT NOT NULL,      -- every span and log of the trace arrived in this window, so a read can skip
    last_arrived_ns  UBIGINT NOT NULL,      -- the rest of the table; clocks of agents may lie, ours only orders arrivals
    changed          BOOLEAN NOT NULL       -- true until `runs` reflects its spans and logs
);

-- Which traces may share a run: an edge each way between a trace and whatever joins it (a linked trace, `key:<run key>`).
CREATE TABLE joins (
    node  VARCHAR NOT NULL,
    other VARCHAR NOT NULL
);

-- One row per run; rebuilt from spans and logs for every trace that changed.
CREATE TABLE runs (
    run_id          VARCHAR NOT NULL,       -- the trace that starts first, plus the root's span id where a trace holds several runs
    trace_ids       VARCHAR[] NOT NULL,     -- sorted
    root_span_id    VARCHAR,                -- NULL when the root never arrived
    run_keys        VARCHAR[] NOT NULL,     -- the agent's own ids for it
    name            VARCHAR NOT NULL,       -- name of the root span, or of the earliest
    agent           VARCHAR,
    service         VARCHAR,
    environment     VARCHAR,
    session_id      VARCHAR,
    user_id         VARCHAR,
    models          VARCHAR[] NOT NULL,
    vocabularies    VARCHAR[] NOT NULL,
    start_ns        UBIGINT NOT NULL,
    end_ns          UBIGINT NOT NULL,
    clock_valid     BOOLEAN NOT NULL,       -- false when a start or end cannot be a time
    spans           INTEGER NOT NULL,
    logs            INTEGER NOT NULL,
    errors          INTEGER NOT NULL,       -- spans with status error
    model_calls     INTEGER NOT NULL,       -- innermost ones: a gateway's call around another is the same call
    tool_calls      INTEGER NOT NULL,
    input_tokens    BIGINT,                 -- leaves only: outer spans repeat what their children used
    output_tokens   BIGINT,
    usage           STRUCT(                 -- by model; fields as in `usage.Usage`
        provider VARCHAR, model VARCHAR, calls INTEGER, input_tokens BIGINT, output_tokens BIGINT,
        cache_read_tokens BIGINT, cache_write_tokens BIGINT, input_over INTEGER, priceable BOOLEAN, cost DOUBLE,
        cost_source VARCHAR                 -- `recorded` by the instrumentation, `derived` from list prices, NULL: unknown
    )[] NOT NULL,
    cost            DOUBLE,                 -- US dollars of the calls whose cost is known; how many of them there are:
    costs_recorded  INTEGER NOT NULL,
    costs_derived   INTEGER NOT NULL,
    costs_unknown   INTEGER NOT NULL,
    orphans         INTEGER NOT NULL,       -- spans whose parent is named but was never received
    pending         INTEGER NOT NULL,       -- spans announced and not ended
    revision        VARCHAR NOT NULL,       -- hash of the set of its spans and logs; a diagnosis belongs to one revision
    last_arrived_ns UBIGINT NOT NULL
);

-- Which run a span belongs to, for the traces that hold several runs. Of other traces a run has all spans.
CREATE TABLE split_spans (
    run_id   VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    span_id  VARCHAR NOT NULL
);

-- The spans of one run.
CREATE MACRO spans_of(of_run) AS TABLE
    SELECT spans.*
    FROM spans
    SEMI JOIN (SELECT unnest(trace_ids) AS trace_id FROM runs WHERE run_id = of_run) USING (trace_id)
    ANTI JOIN (SELECT trace_id, span_id FROM split_spans WHERE run_id <> of_run) USING (trace_id, span_id);

-- The log records of one run. One that names no stored span belongs to every run of its trace.
CREATE MACRO logs_of(of_run) AS TABLE
    SELECT logs.*
    FROM logs
    SEMI JOIN (SELECT unnest(trace_ids) AS trace_id FROM runs WHERE run_id = of_run) USING (trace_id)
    ANTI JOIN (SELECT trace_id, span_id FROM split_spans WHERE run_id <> of_run) USING (trace_id, span_id);

-- The price table the costs of `runs` were derived with.
CREATE TABLE price_table (fingerprint VARCHAR);
INSERT INTO price_table VALUES (NULL);

-- Derived by the analysis; may be dropped and rebuilt at any time.
CREATE TABLE diagnoses (
    run_id           VARCHAR NOT NULL,
    revision         VARCHAR NOT NULL,
    analysis_version VARCHAR NOT NULL,
    outcome          VARCHAR NOT NULL,
    outcome_check    VARCHAR NOT NULL,
    grade            VARCHAR NOT NULL,
    verdict          VARCHAR,
    decisive_span_id VARCHAR,
    decisive_agent   VARCHAR,
    decisive_tool    VARCHAR,
    detector         VARCHAR,               -- the decisive finding's detector
    decisions        INTEGER NOT NULL,
    document         VARCHAR NOT NULL USING COMPRESSION zstd   -- whyspan.diagnosis/1 as JSON, with decisions and findings
);

-- What became of every record that ever came in.
CREATE TABLE counters (
    name  VARCHAR NOT NULL,
    value UBIGINT NOT NULL
);
INSERT INTO counters VALUES
    ('new_spans', 0), ('replaced_spans', 0), ('duplicate_spans', 0), ('new_logs', 0), ('duplicate_logs', 0),
    ('rejected_records', 0), ('metric_points', 0);
