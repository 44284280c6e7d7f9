-- The stored versions of the incoming spans with their rank. The window is exact and lets the scan skip the rest.
SELECT trace_id, span_id, rowid, end_ns > 0, attribute_count, content_hash
FROM spans
SEMI JOIN incoming USING (trace_id, span_id)
WHERE arrived_ns BETWEEN $first AND $last
