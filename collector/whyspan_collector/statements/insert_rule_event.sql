INSERT INTO rule_events VALUES ($number, $at_ns, $rule_id, $action, $record, $person, $note, $hash)
