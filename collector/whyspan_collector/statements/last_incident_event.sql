-- The number and hash of the last thing done about an incident; no row where there is none.
SELECT number, hash
FROM incident_events
ORDER BY number DESC
LIMIT 1
