-- The spans of some traces whole, for `rows.spans_from_table`, in the order they began.
-- $trace_ids: the traces
SELECT *
FROM spans
WHERE trace_id IN (SELECT unnest($trace_ids))
ORDER BY start_ns, trace_id, span_id
