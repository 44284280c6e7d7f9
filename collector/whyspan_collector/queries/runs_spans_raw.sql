-- The spans of several runs whole, those of a run together, for `rows.spans_from_table`. One run costs nearly as much to read
-- as a hundred that arrived together: what is stored is unpacked in blocks of two thousand spans.
-- $run_ids: the runs
SELECT run_id AS of_run, spans.*
FROM spans
JOIN split_spans USING (trace_id, span_id)
WHERE list_contains($run_ids, run_id)
UNION ALL
SELECT run_id AS of_run, spans.*
FROM spans
JOIN (SELECT run_id, unnest(trace_ids) AS trace_id FROM runs WHERE list_contains($run_ids, run_id)) AS wanted USING (trace_id)
WHERE trace_id NOT IN (SELECT trace_id FROM split_spans)
ORDER BY of_run, start_ns, trace_id, span_id
