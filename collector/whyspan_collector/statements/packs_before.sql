-- The packs before an item, the last first.
SELECT first_item, sizes, stored
FROM packs
WHERE first_item < $before
ORDER BY first_item DESC
LIMIT $count
