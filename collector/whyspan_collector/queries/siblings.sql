-- The passing runs of the agent and service of a run, the nearest in time first: what a failed run can be held beside.
-- $run_id: the run; it is not among them
-- $limit: at most so many
WITH this AS (SELECT agent, service, name, start_ns FROM runs WHERE run_id = $run_id)
SELECT runs.run_id, runs.spans, runs.start_ns
FROM runs
JOIN diagnoses USING (run_id, revision)
JOIN this ON runs.agent IS NOT DISTINCT FROM this.agent
    AND runs.service IS NOT DISTINCT FROM this.service
    AND (runs.agent IS NOT NULL OR runs.name = this.name)
WHERE runs.run_id <> $run_id AND diagnoses.outcome = 'ok'
ORDER BY abs(CAST(runs.start_ns AS HUGEINT) - CAST(this.start_ns AS HUGEINT)), runs.run_id
LIMIT $limit
