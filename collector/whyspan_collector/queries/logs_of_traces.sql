-- The log records of some traces that name a span, for `rows.logs_from_table`.
-- $trace_ids: the traces
SELECT *
FROM logs
WHERE trace_id IN (SELECT unnest($trace_ids)) AND span_id IS NOT NULL
ORDER BY time_ns, content_hash
