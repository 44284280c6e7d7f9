-- Every signature of the stored failed runs: what it is made from (a JSON object), and when it was seen first and last.
SELECT
    signature,
    any_value(signature_parts) AS parts,
    count(*) AS runs,
    min(CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END) AS first_ns,
    max(CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END) AS last_ns
FROM diagnoses
JOIN runs USING (run_id, revision)
WHERE signature IS NOT NULL
GROUP BY signature
ORDER BY signature
