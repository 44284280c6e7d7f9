DELETE FROM logs
WHERE trace_id IN (SELECT trace_id FROM doomed_traces)
   OR (trace_id, span_id) IN (SELECT (trace_id, span_id) FROM doomed_spans)
