-- The failed runs whose stored diagnosis weighs a finding otherwise than is measured now, as in `undiagnosed`.
-- $analysis_version: as in `diagnoses`
-- $agents: names of agents, as in `firing`; only their runs are looked at
-- $detectors: for each place of the next two lists: the detector
-- $weighed_agents: the agent
-- $bits: what a finding is worth there; detectors that are not listed weigh what they do everywhere
WITH weights AS (
    SELECT unnest($weighed_agents) AS agent, unnest($detectors) AS detector, unnest($bits) AS bits
),
findings AS (
    SELECT run_id, coalesce(agent, name) AS agent, unnest(findings) AS finding
    FROM diagnoses
    JOIN runs USING (run_id, revision)
    WHERE outcome = 'failed' AND analysis_version = $analysis_version AND list_contains($agents, coalesce(agent, name))
)
SELECT run_id, revision, spans, coalesce(runs.agent, name) AS agent, task
FROM runs
JOIN diagnoses USING (run_id, revision)
WHERE run_id IN (
    SELECT run_id
    FROM findings
    LEFT JOIN weights ON weights.agent = findings.agent AND weights.detector = finding.detector
    WHERE finding.bits IS DISTINCT FROM weights.bits
)
ORDER BY run_id
