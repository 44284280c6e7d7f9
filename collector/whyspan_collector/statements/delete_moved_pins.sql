DELETE FROM pins
WHERE run_id NOT IN (SELECT run_id FROM runs) AND split_part(run_id, '-', 1) IN (SELECT trace_id FROM affected)
