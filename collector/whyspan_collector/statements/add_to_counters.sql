-- A join with the increments, or MERGE, takes three times as long, at every batch.
UPDATE counters
SET value = value + list_extract($values, list_position($names, name))
WHERE list_contains($names, name)
