-- The spans of one run whole, for `rows.spans_from_table`.
-- $run_id: the run
SELECT *
FROM spans_of($run_id)
ORDER BY start_ns, trace_id, span_id
