-- The spans of some traces whole, for `rows.spans_from_table`, in the order they began.
-- $trace_ids: the traces
SELECT *
FROM spans
WHERE list_contains($trace_ids, trace_id)
ORDER BY start_ns, trace_id, span_id
