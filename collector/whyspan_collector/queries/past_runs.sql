-- The runs that rules are measured on, newest first.
-- $since_ns?: only runs that started then or later, nanoseconds since the epoch; those without a valid clock: that arrived
-- $limit?: at most so many
-- $tools?: only runs that called one of these tools, and those of which that is not known
-- $agents?: only runs in which one of these agents worked, and those of which that is not known
-- $filter?: only runs this filter holds for (docs/filter.md)
SELECT run_id, spans, decisive_span_id
FROM runs
LEFT JOIN diagnoses USING (run_id, revision)
WHERE ($since_ns IS NULL OR CASE WHEN start_ns > 0 THEN start_ns ELSE last_arrived_ns END >= CAST($since_ns AS UBIGINT))
  AND ($tools IS NULL OR tools IS NULL OR list_has_any(tools, CAST($tools AS VARCHAR[])))
  AND ($agents IS NULL OR agents IS NULL OR list_has_any(agents, CAST($agents AS VARCHAR[])))
  AND $filter
ORDER BY start_ns DESC, run_id
LIMIT coalesce($limit, 9223372036854775807)
