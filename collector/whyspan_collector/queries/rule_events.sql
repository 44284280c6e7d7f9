-- What happened to rules, oldest first, with the chain of hashes.
SELECT *
FROM rule_events
ORDER BY number
