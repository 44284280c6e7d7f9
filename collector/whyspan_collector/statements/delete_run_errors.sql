DELETE FROM run_errors
WHERE run_id IN (SELECT run_id FROM (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs) SEMI JOIN affected USING (trace_id))
