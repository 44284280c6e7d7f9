-- Every diagnosed run by how it ended and of which cause, oldest first: what came after something was done about a cause.
SELECT
    run_id, agent, outcome, signature, version,
    CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END AS at_ns
FROM runs
JOIN diagnoses USING (run_id, revision)
ORDER BY at_ns, run_id
