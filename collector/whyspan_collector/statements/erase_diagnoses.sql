DELETE FROM diagnoses WHERE run_id IN (SELECT run_id FROM doomed)
