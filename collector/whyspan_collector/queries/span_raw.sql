-- One span of a run whole, for `rows.spans_from_table`. Several rows where several traces of the run have a span of this id.
-- $run_id: the run
-- $span_id: the span
SELECT *
FROM spans_of($run_id)
WHERE span_id = $span_id
ORDER BY trace_id
