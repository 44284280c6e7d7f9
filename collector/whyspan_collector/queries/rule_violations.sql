-- What runs in their present revision broke of the rules in force, the latest runs first.
-- $run_id?: only this run
SELECT rule_violations.* EXCLUDE (revision), runs.start_ns, runs.agent
FROM rule_violations
JOIN runs USING (run_id, revision)
WHERE $run_id IS NULL OR run_id = $run_id
ORDER BY runs.start_ns DESC, run_id, severity DESC, rule_id
