-- Schema 3. The labels a program gives its runs. What was stored before has none: they are named when a span arrives.
ALTER TABLE spans ADD COLUMN tags VARCHAR[];
ALTER TABLE runs ADD COLUMN tags VARCHAR[] DEFAULT [];

-- Whether a run is nothing but preparations of others, such as the creation of an agent. Known of what arrives from now on.
ALTER TABLE runs ADD COLUMN setup BOOLEAN DEFAULT false;

-- What the errors of a run say, each once: few rows, so that a filter on them need not read every span.
CREATE TABLE run_errors (
    run_id VARCHAR NOT NULL,
    said   VARCHAR NOT NULL                 -- type, message or status message of an error
);
INSERT INTO run_errors
SELECT DISTINCT coalesce(split_spans.run_id, whole.run_id), said
FROM (
    SELECT trace_id, span_id, unnest([error_type, error_message, status_message]) AS said
    FROM spans
    WHERE error_type IS NOT NULL OR error_message IS NOT NULL OR status_message IS NOT NULL
)
JOIN (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs) AS whole USING (trace_id)
LEFT JOIN split_spans USING (trace_id, span_id)
WHERE said IS NOT NULL;
