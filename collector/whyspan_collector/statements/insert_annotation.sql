-- The diagnosis of the moment is kept with what is said of it.
INSERT INTO annotations
SELECT
    runs.run_id, $at_ns, $person, $judgement, $span_id, $note,
    outcome, grade, detector, decisive_span_id,
    CAST(json_extract(document, '$.hypotheses[0].score') AS DOUBLE),
    analysis_version
FROM runs
LEFT JOIN diagnoses USING (run_id, revision)
WHERE runs.run_id = $run_id
