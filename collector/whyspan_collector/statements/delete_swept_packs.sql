DELETE FROM packs WHERE first_item IN (SELECT first_item FROM swept WHERE is_empty)
