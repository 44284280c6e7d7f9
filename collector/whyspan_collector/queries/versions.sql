-- The versions of every agent in the order they first ran: how many runs they had, and since when.
SELECT
    agent,
    version,
    count(*) AS runs,
    min(CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END) AS first_ns
FROM diagnoses
JOIN runs USING (run_id, revision)
WHERE version IS NOT NULL
GROUP BY agent, version
ORDER BY first_ns, agent, version
