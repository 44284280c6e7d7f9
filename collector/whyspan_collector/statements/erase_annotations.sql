-- Also those made of a run that has since become part of a doomed one.
DELETE FROM annotations
WHERE run_id IN (SELECT run_id FROM doomed)
   OR (run_id NOT IN (SELECT run_id FROM runs) AND split_part(run_id, '-', 1) IN (SELECT trace_id FROM doomed_traces))
