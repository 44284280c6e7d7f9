-- The event becomes the last one.
INSERT INTO incident_events
SELECT coalesce(max(number), 0) + 1, $at_ns, $incident, $kind, $value, $version, $other, $person
FROM incident_events
