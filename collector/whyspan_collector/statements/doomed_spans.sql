-- The spans of these runs in traces that hold other runs too.
SELECT trace_id, span_id
FROM split_spans
SEMI JOIN doomed USING (run_id)
ANTI JOIN doomed_traces USING (trace_id)
