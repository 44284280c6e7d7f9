-- On how many passing and failing runs of an agent each detector found an unrecovered cause, of the newest runs: what a firing is
-- worth in this project. A row without a detector counts the runs themselves.
-- $agents: names of agents, or of the root span where none is named
-- $newest: so many runs of each agent and outcome
WITH chosen AS (
    SELECT run_id, coalesce(agent, name) AS agent, outcome, findings
    FROM diagnoses
    JOIN runs USING (run_id, revision)
    WHERE outcome IN ('ok', 'failed') AND list_contains($agents, coalesce(agent, name))
    QUALIFY row_number() OVER (PARTITION BY coalesce(agent, name), outcome ORDER BY start_ns DESC, run_id) <= $newest
),
fired AS (
    SELECT agent, finding.detector AS detector, outcome, run_id
    FROM (SELECT run_id, agent, outcome, unnest(findings) AS finding FROM chosen)
    WHERE finding.role = 'cause' AND NOT finding.recovered
    UNION ALL
    SELECT agent, NULL, outcome, run_id FROM chosen
)
SELECT
    agent,
    detector,
    count(DISTINCT run_id) FILTER (outcome = 'ok') AS passing,
    count(DISTINCT run_id) FILTER (outcome = 'failed') AS failing
FROM fired
GROUP BY agent, detector
ORDER BY agent, detector NULLS FIRST
