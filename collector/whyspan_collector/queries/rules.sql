-- The rules as they are now, by id: what the last event of each says. Retired ones are left out.
-- $rule_id?: only this one
SELECT rule_id, record, action, person, at_ns, events
FROM (
    SELECT
        *,
        count(*) OVER (PARTITION BY rule_id) AS events,
        row_number() OVER (PARTITION BY rule_id ORDER BY number DESC) AS age
    FROM rule_events
    WHERE $rule_id IS NULL OR rule_id = $rule_id
)
WHERE age = 1 AND action <> 'retired'
ORDER BY rule_id
