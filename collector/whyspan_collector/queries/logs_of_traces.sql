-- The log records of some traces that name a span, for `rows.logs_from_table`.
-- $trace_ids: the traces
SELECT *
FROM logs
WHERE list_contains($trace_ids, trace_id) AND span_id IS NOT NULL
ORDER BY time_ns, content_hash
