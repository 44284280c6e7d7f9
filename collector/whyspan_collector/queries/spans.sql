-- The spans a filter holds for, newest first, each with the run it belongs to and without what it carried.
-- $limit?: at most so many
-- $span_filter?: only spans this filter holds for (docs/filter.md)
WITH found AS (
    SELECT spans.rowid AS place, runs.run_id
    FROM spans
    JOIN (SELECT run_id AS of_run, unnest(trace_ids) AS trace_id FROM runs) AS traces_of_runs USING (trace_id)
    JOIN runs ON runs.run_id = of_run
    LEFT JOIN split_spans ON split_spans.trace_id = spans.trace_id AND split_spans.span_id = spans.span_id
    LEFT JOIN diagnoses ON diagnoses.run_id = runs.run_id AND diagnoses.revision = runs.revision
    WHERE (split_spans.run_id IS NULL OR split_spans.run_id = of_run) AND $span_filter
    ORDER BY spans.start_ns DESC, spans.trace_id, spans.span_id
    LIMIT coalesce($limit, 9223372036854775807)
)
SELECT found.run_id, spans.* EXCLUDE (message, context, linked_spans, attribute_count, content_hash)
FROM spans
JOIN found ON spans.rowid = found.place
ORDER BY start_ns DESC, trace_id, span_id
