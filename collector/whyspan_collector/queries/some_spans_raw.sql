-- Some spans of a run whole, for `rows.spans_from_table`. Several rows where several traces of the run have a span of one id.
-- $run_id: the run
-- $span_ids: the spans
SELECT *
FROM spans_of($run_id)
WHERE list_contains($span_ids, span_id)
ORDER BY start_ns, trace_id, span_id
