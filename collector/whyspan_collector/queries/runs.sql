-- The runs with their diagnosis, newest first. The diagnosis columns are NULL where the run has none of its present revision.
-- $limit?: at most so many
-- $since_ns?: only runs that started then or later, nanoseconds since the epoch; runs without a valid clock are kept
-- $agent?: only runs of this agent
-- $outcome?: `ok`, `failed` or `unknown`; a run that is not diagnosed has none
-- $text?: only runs with this text in their name, agent or verdict, whatever the case
SELECT
    runs.*,
    orphans = 0 AND pending = 0 AND root_span_id IS NOT NULL AS complete,
    diagnoses.* EXCLUDE (run_id, revision, document)
FROM runs
LEFT JOIN diagnoses USING (run_id, revision)
WHERE ($since_ns IS NULL OR start_ns >= CAST($since_ns AS UBIGINT) OR start_ns = 0)
  AND ($agent IS NULL OR agent = $agent)
  AND ($outcome IS NULL OR outcome = $outcome)
  AND ($text IS NULL OR contains(lower(concat_ws(' ', name, agent, verdict)), lower($text)))
ORDER BY start_ns DESC, run_id
LIMIT coalesce($limit, 9223372036854775807)
