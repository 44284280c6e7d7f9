DELETE FROM split_spans WHERE run_id IN (SELECT run_id FROM doomed)
