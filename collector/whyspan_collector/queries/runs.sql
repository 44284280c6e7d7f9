-- The runs with their diagnosis, newest first. The diagnosis columns are NULL where the run has none of its present revision.
-- $limit?: at most so many
-- $since_ns?: only runs that started then or later, nanoseconds since the epoch; those without a valid clock: that arrived
-- $filter?: only runs this filter holds for (docs/filter.md)
SELECT
    runs.*,
    orphans = 0 AND pending = 0 AND root_span_id IS NOT NULL AS complete,
    diagnoses.* EXCLUDE (run_id, revision, document, signature_parts, circumstances, findings, missing, tools, agents, task)
FROM runs
LEFT JOIN diagnoses USING (run_id, revision)
WHERE ($since_ns IS NULL OR CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END >= CAST($since_ns AS UBIGINT))
  AND $filter
ORDER BY start_ns DESC, run_id
LIMIT coalesce($limit, 9223372036854775807)
