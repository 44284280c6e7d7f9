-- Diagnoses of runs that are no more, because they were merged or split.
DELETE FROM diagnoses
WHERE run_id IN (SELECT run_id FROM (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs) SEMI JOIN affected USING (trace_id))
  AND run_id NOT IN (SELECT run_id FROM renewed)
