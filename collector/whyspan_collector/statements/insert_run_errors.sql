-- What the errors of the renewed runs say.
INSERT INTO run_errors
SELECT DISTINCT coalesce(renewed_split_spans.run_id, whole.run_id), said
FROM (
    SELECT trace_id, span_id, unnest([error_type, error_message, status_message]) AS said
    FROM spans
    SEMI JOIN affected USING (trace_id)
    WHERE arrived_ns BETWEEN $first AND $last
      AND (error_type IS NOT NULL OR error_message IS NOT NULL OR status_message IS NOT NULL)
)
JOIN (SELECT run_id, unnest(trace_ids) AS trace_id FROM renewed) AS whole USING (trace_id)
LEFT JOIN renewed_split_spans USING (trace_id, span_id)
WHERE said IS NOT NULL
