DELETE FROM rule_checks WHERE run_id IN (SELECT run_id FROM doomed)
