-- What people did about incidents, oldest first.
SELECT *
FROM incident_events
ORDER BY number
