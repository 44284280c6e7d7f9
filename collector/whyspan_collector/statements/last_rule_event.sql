-- The number and hash of the last event of rules; no row where there is none.
SELECT number, hash
FROM rule_events
ORDER BY number DESC
LIMIT 1
