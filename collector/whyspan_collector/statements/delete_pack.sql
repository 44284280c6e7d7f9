DELETE FROM packs WHERE first_item = $first_item
