-- The spans of several runs without what they carried, those of a run together, with the run they belong to.
-- $run_ids: the runs
WITH wanted AS (
    SELECT run_id, unnest(trace_ids) AS trace_id FROM runs WHERE list_contains($run_ids, run_id)
)
SELECT
    coalesce(split_spans.run_id, wanted.run_id) AS run_id,
    spans.* EXCLUDE (message, context, linked_spans, attribute_count, content_hash)
FROM spans
JOIN wanted USING (trace_id)
LEFT JOIN split_spans USING (trace_id, span_id)
WHERE split_spans.run_id IS NULL OR split_spans.run_id = wanted.run_id
ORDER BY run_id, start_ns, trace_id, span_id
