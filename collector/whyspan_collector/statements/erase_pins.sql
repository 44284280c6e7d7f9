DELETE FROM pins WHERE run_id IN (SELECT run_id FROM doomed)
