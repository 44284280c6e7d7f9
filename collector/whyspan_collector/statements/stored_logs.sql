-- Which of these log records are stored.
SELECT DISTINCT content_hash
FROM logs
WHERE time_ns BETWEEN $first AND $last
  AND content_hash IN (SELECT unnest($hashes))
