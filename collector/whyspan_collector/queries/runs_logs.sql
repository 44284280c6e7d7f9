-- The log records of several runs, those of a run together, for `rows.logs_from_table`. As in `run_logs`, one that names no
-- stored span belongs to every run of its trace.
-- $run_ids: the runs
SELECT run_id AS of_run, logs.*
FROM logs
JOIN split_spans USING (trace_id, span_id)
WHERE list_contains($run_ids, run_id)
UNION ALL
SELECT run_id AS of_run, logs.*
FROM logs
ANTI JOIN split_spans USING (trace_id, span_id)
JOIN (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs WHERE list_contains($run_ids, run_id)) AS wanted USING (trace_id)
ORDER BY of_run, time_ns, content_hash
