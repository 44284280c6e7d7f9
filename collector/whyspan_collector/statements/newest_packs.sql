-- The last packs, oldest first.
SELECT first_item, sizes, stored
FROM (SELECT * FROM packs ORDER BY first_item DESC LIMIT $count)
ORDER BY first_item
