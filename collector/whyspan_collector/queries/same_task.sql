-- The passing runs of the same task as some runs, for each of these the nearest in time first.
-- $run_ids: the runs; none is beside itself
-- $tasks: for each of them its task, as in `diagnoses`
-- $limit: at most so many beside each
WITH asked AS (SELECT unnest($run_ids) AS of_run, unnest($tasks) AS task)
SELECT of_run, sibling.run_id, sibling.spans
FROM asked
JOIN runs AS this ON this.run_id = of_run
JOIN diagnoses ON diagnoses.task = asked.task AND diagnoses.outcome = 'ok' AND diagnoses.run_id <> of_run
JOIN runs AS sibling ON sibling.run_id = diagnoses.run_id AND sibling.revision = diagnoses.revision
QUALIFY row_number() OVER (
    PARTITION BY of_run
    ORDER BY abs(CAST(sibling.start_ns AS HUGEINT) - CAST(this.start_ns AS HUGEINT)), sibling.run_id
) <= $limit
ORDER BY of_run, abs(CAST(sibling.start_ns AS HUGEINT) - CAST(this.start_ns AS HUGEINT)), sibling.run_id
