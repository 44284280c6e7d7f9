-- The log records of some spans of a run, for `rows.logs_from_table`.
-- $run_id: the run
-- $span_ids: the spans
SELECT *
FROM logs_of($run_id)
WHERE list_contains($span_ids, span_id)
ORDER BY time_ns, content_hash
