-- Every run with the columns of its present diagnosis and what it was made of, oldest first: what is said about many runs.
-- $since_ns?: only runs that started then or later, nanoseconds since the epoch; those without a valid clock: that arrived
-- $until_ns?: and earlier than this
-- $filter?: only runs this filter holds for (docs/filter.md)
SELECT
    runs.*,
    CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END AS at_ns,
    orphans = 0 AND pending = 0 AND root_span_id IS NOT NULL AS complete,
    diagnoses.* EXCLUDE (run_id, revision, document, signature_parts, findings, missing, tools, agents, task)
FROM runs
LEFT JOIN diagnoses USING (run_id, revision)
WHERE ($since_ns IS NULL OR at_ns >= CAST($since_ns AS UBIGINT))
  AND ($until_ns IS NULL OR at_ns < CAST($until_ns AS UBIGINT))
  AND $filter
ORDER BY at_ns, run_id
