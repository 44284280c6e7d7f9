DELETE FROM pins WHERE list_contains($run_ids, run_id) AND ($reason IS NULL OR reason = $reason)
