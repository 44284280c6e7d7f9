-- The best-evidenced failed runs of every signature that has too few of them pinned (reason `incident SIGNATURE`).
-- $each: how many of each are to be pinned
WITH failed AS (
    SELECT run_id, signature, grade, score, pins.run_id IS NOT NULL AS pinned
    FROM diagnoses
    JOIN runs USING (run_id, revision)
    LEFT JOIN pins ON pins.run_id = runs.run_id AND pins.reason = 'incident ' || signature
    WHERE signature IS NOT NULL
),
ranked AS (
    SELECT
        run_id,
        signature,
        pinned,
        count(*) FILTER (pinned) OVER (PARTITION BY signature) AS kept,
        row_number() OVER (
            PARTITION BY signature, pinned
            ORDER BY list_position(['strong', 'likely', 'suspect'], grade) NULLS LAST, score DESC NULLS LAST, run_id
        ) AS place
    FROM failed
)
SELECT signature, list(run_id ORDER BY place) AS run_ids
FROM ranked
WHERE NOT pinned AND kept + place <= $each
GROUP BY signature
ORDER BY signature
