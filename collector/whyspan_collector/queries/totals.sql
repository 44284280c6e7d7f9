-- How many runs, spans, logs and diagnoses are stored.
SELECT
    (SELECT count(*) FROM runs) AS runs,
    (SELECT count(*) FROM spans) AS spans,
    (SELECT count(*) FROM logs) AS logs,
    (SELECT count(*) FROM diagnoses) AS diagnoses
