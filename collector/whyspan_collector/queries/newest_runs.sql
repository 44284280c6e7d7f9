-- The newest settled runs of every agent and service, the agents with the most runs first: what `claims` are made from.
-- $each: so many of each; runs of more than 5,000 spans are left out
-- $most: at most so many agents
WITH counted AS (
    SELECT
        run_id, spans, coalesce(agent, name) AS agent, service, start_ns,
        count(*) OVER (PARTITION BY coalesce(agent, name), service) AS runs
    FROM runs
),
placed AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY agent, service ORDER BY start_ns DESC, run_id) AS place,
        dense_rank() OVER (ORDER BY runs DESC, agent, service) AS of_agents
    FROM counted
    WHERE spans <= 5000
)
SELECT run_id, spans, agent, service, runs
FROM placed
WHERE place <= $each AND of_agents <= $most
ORDER BY of_agents, place
