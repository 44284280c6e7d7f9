-- What people said of the diagnoses of runs, newest first, under the present id of the run. `last` is true for the last word of
-- a person about a run. `agent` is as in `firing`.
-- $run_id?: only of this run
WITH present AS (
    SELECT trace_id, min(run_id) AS run_id
    FROM (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs)
    WHERE trace_id IN (SELECT split_part(run_id, '-', 1) FROM annotations)
    GROUP BY trace_id
),
said AS (
    SELECT annotations.* REPLACE (coalesce(runs.run_id, present.run_id) AS run_id)
    FROM annotations
    LEFT JOIN runs ON runs.run_id = annotations.run_id
    LEFT JOIN present ON present.trace_id = split_part(annotations.run_id, '-', 1)
)
SELECT
    said.*,
    coalesce(agent, name) AS agent,
    row_number() OVER (PARTITION BY run_id, person ORDER BY at_ns DESC) = 1 AS last
FROM said
LEFT JOIN runs USING (run_id)
WHERE $run_id IS NULL OR run_id = $run_id
ORDER BY at_ns DESC, run_id
