-- The newest runs of every agent and service, the agents with the most runs first: what `claims` are made from. Runs of more than
-- 5,000 spans come only where an agent has no others, and then one of them.
-- $each: so many of each
-- $most: at most so many agents
WITH placed AS (
    SELECT
        run_id, spans, coalesce(agent, name) AS agent, service,
        count(*) OVER same_agent AS runs,
        row_number() OVER (same_agent ORDER BY spans > 5000, start_ns DESC, run_id) AS place
    FROM runs
    WINDOW same_agent AS (PARTITION BY coalesce(agent, name), service)
),
ranked AS (
    SELECT *, dense_rank() OVER (ORDER BY runs DESC, agent, service) AS of_agents
    FROM placed
)
SELECT run_id, spans, agent, service, runs
FROM ranked
WHERE of_agents <= $most AND place <= CASE WHEN spans > 5000 THEN 1 ELSE $each END
ORDER BY of_agents, place
