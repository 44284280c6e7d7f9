-- The lasting counters: what became of every record that ever came in.
SELECT name, value FROM counters ORDER BY name
