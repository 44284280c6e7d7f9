DELETE FROM run_errors WHERE run_id IN (SELECT run_id FROM doomed)
