-- The settled runs that were not looked at with these rules in their present revision, longest settled first.
-- $settled_before_ns: runs of which something arrived at this time of our clock or later are not settled
-- $rules: fingerprint of the rules in force
SELECT run_id, revision, spans
FROM runs
ANTI JOIN (FROM rule_checks WHERE rules = $rules) AS done USING (run_id, revision)
WHERE last_arrived_ns < CAST($settled_before_ns AS UBIGINT)
ORDER BY last_arrived_ns, run_id
