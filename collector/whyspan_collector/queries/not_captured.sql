-- What was not captured, in the words of the present diagnoses, most frequent first. Sentences that differ in numbers only
-- are one row: `text` is one of them, `texts` how many there are. For reports and `doctor`.
-- $since_ns?: only runs that started then or later, nanoseconds since the epoch; those without a valid clock: that arrived
-- $filter?: only runs this filter holds for (docs/filter.md)
WITH sentences AS (
    SELECT run_id, unnest(missing) AS text
    FROM diagnoses
    JOIN runs USING (run_id, revision)
    WHERE ($since_ns IS NULL OR CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END >= CAST($since_ns AS UBIGINT))
      AND $filter
)
SELECT min(text) AS text, count(DISTINCT text) AS texts, count(DISTINCT run_id) AS runs
FROM sentences
GROUP BY regexp_replace(text, '\d+', '0', 'g')
ORDER BY runs DESC, text
