-- What people did about incidents, oldest first, with the chain of hashes.
SELECT *
FROM incident_events
ORDER BY number
