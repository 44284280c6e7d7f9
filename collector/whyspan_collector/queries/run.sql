-- One run, as in `runs`. No row where there is no run of this id; `resolve_run` finds the id.
-- $run_id: the run
SELECT
    runs.*,
    orphans = 0 AND pending = 0 AND root_span_id IS NOT NULL AS complete,
    diagnoses.* EXCLUDE (run_id, revision, document, signature_parts, circumstances, findings, missing, tools, agents, task)
FROM runs
LEFT JOIN diagnoses USING (run_id, revision)
WHERE run_id = $run_id
