-- What the signatures of failed runs are made from: a JSON object each.
SELECT signature, any_value(signature_parts) AS parts
FROM diagnoses
WHERE signature IS NOT NULL
GROUP BY signature
ORDER BY signature
