-- The spans of one run without what they carried: enough for a tree, a timeline or a count.
-- $run_id: the run
SELECT * EXCLUDE (message, context)
FROM spans_of($run_id)
ORDER BY start_ns, trace_id, span_id
