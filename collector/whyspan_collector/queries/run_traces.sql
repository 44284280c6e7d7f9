-- The traces of some runs. `span_ids` are the spans of the run where the trace holds several runs, NULL where it has all.
-- $run_ids: the runs
SELECT run_id, trace_id, list(span_id) FILTER (span_id IS NOT NULL) AS span_ids
FROM (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs WHERE list_contains($run_ids, run_id)) AS wanted
LEFT JOIN split_spans USING (run_id, trace_id)
GROUP BY ALL
ORDER BY run_id, trace_id
