-- The packs that hold the wanted items: of each the last that begins at it or before.
SELECT first_item, sizes, stored
FROM packs
WHERE first_item IN (SELECT packs.first_item FROM wanted ASOF JOIN packs ON wanted.item >= packs.first_item)
