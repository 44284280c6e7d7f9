DELETE FROM rule_checks WHERE run_id IN (SELECT run_id FROM checked) OR run_id NOT IN (SELECT run_id FROM runs)
