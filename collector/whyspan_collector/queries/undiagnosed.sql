-- The settled runs without a diagnosis of their present revision by this version of the analysis, longest settled first.
-- $settled_before_ns: runs of which something arrived at this time of our clock or later are not settled
-- $analysis_version: as in `diagnoses`
-- $since_ns?: only runs that started then or later, nanoseconds since the epoch; those without a valid clock: that arrived
SELECT run_id, revision, spans, last_arrived_ns, coalesce(agent, name) AS agent
FROM runs
ANTI JOIN (FROM diagnoses WHERE analysis_version = $analysis_version) AS done USING (run_id, revision)
WHERE last_arrived_ns < CAST($settled_before_ns AS UBIGINT)
  AND ($since_ns IS NULL OR CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END >= CAST($since_ns AS UBIGINT))
ORDER BY last_arrived_ns, run_id
