-- The traces that hold several runs.
SELECT DISTINCT trace_id
FROM split_spans
ORDER BY trace_id
