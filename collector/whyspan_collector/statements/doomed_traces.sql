-- The traces that go with some runs: those that hold no other run.
SELECT DISTINCT trace_id
FROM (SELECT unnest(trace_ids) AS trace_id FROM runs SEMI JOIN doomed USING (run_id))
ANTI JOIN (SELECT trace_id FROM split_spans ANTI JOIN doomed USING (run_id)) USING (trace_id)
