INSERT INTO incident_events VALUES ($number, $at_ns, $incident, $kind, $value, $version, $other, $person, $hash)
