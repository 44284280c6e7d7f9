INSERT INTO pins
SELECT run_id, $reason
FROM runs
WHERE list_contains($run_ids, run_id)
  AND run_id NOT IN (SELECT run_id FROM pins WHERE reason = $reason)
