DELETE FROM rule_violations WHERE run_id IN (SELECT run_id FROM doomed)
