-- The diagnosis of one run with its document. `current` is false where the run has changed since.
-- $run_id: the run
SELECT diagnoses.*, diagnoses.revision = runs.revision AS current
FROM diagnoses
JOIN runs USING (run_id)
WHERE run_id = $run_id
