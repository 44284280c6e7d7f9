-- The documents of the diagnoses of some runs; no row where a run has none of its present revision.
-- $run_ids: the runs
SELECT run_id, document
FROM diagnoses
JOIN runs USING (run_id, revision)
WHERE list_contains($run_ids, run_id)
