-- The slowest decisions and the dearest ones: recorded decisions, and model calls outside of these. `by` says which list a row is of.
-- $since_ns?: only of runs that started then or later, nanoseconds since the epoch; those without a valid clock: that arrived
-- $filter?: only of runs this filter holds for (docs/filter.md)
-- $each: so many of each list
WITH chosen AS (
    SELECT run_id, unnest(trace_ids) AS trace_id
    FROM runs
    LEFT JOIN diagnoses USING (run_id, revision)
    WHERE clock_valid
      AND ($since_ns IS NULL OR start_ns >= CAST($since_ns AS UBIGINT))
      AND $filter
),
steps AS (
    SELECT
        coalesce(split_spans.run_id, chosen.run_id) AS run_id,
        span_id, name, kind, agent,
        coalesce(response_model, request_model) AS model,
        (end_ns - start_ns) / 1e6 AS duration_ms,
        cost,
        coalesce(input_tokens, 0) + coalesce(output_tokens, 0) AS tokens
    FROM spans
    JOIN chosen USING (trace_id)
    LEFT JOIN split_spans USING (trace_id, span_id)
    WHERE kind IN ('decision', 'model_call')
      AND end_ns >= start_ns
      AND (split_spans.run_id IS NULL OR split_spans.run_id = chosen.run_id)
      AND (trace_id, parent_span_id) NOT IN (SELECT trace_id, span_id FROM spans WHERE kind = 'decision')
)
FROM (SELECT 'duration' AS by, * FROM steps ORDER BY duration_ms DESC, run_id, span_id LIMIT $each)
UNION ALL
FROM (SELECT 'cost' AS by, * FROM steps WHERE cost > 0 OR tokens > 0 ORDER BY cost DESC NULLS LAST, tokens DESC, run_id, span_id LIMIT $each)
