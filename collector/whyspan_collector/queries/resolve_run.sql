-- The runs a reference means: a run id (also one from before a merge or split), a trace id, the agent's own run id, or the
-- first four or more characters of a run or trace id. Several rows where it means several runs.
-- $reference: what somebody typed
WITH wanted AS (
    SELECT $reference AS exact, lower($reference) AS hex, split_part(lower($reference), '-', 1) AS trace
),
candidates AS (
    SELECT run_id, 1 AS preference FROM runs, wanted WHERE run_id = hex
    UNION ALL
    SELECT run_id, 2 FROM split_spans, wanted WHERE trace_id || '-' || span_id = hex
    UNION ALL
    SELECT run_id, 3 FROM runs, wanted WHERE list_contains(trace_ids, trace)
    UNION ALL
    SELECT run_id, 4 FROM runs, wanted WHERE list_contains(run_keys, exact)
    UNION ALL
    SELECT run_id, 5 FROM runs, wanted
    WHERE length(hex) >= 4
      AND (starts_with(run_id, hex) OR len(list_filter(trace_ids, lambda trace_id: starts_with(trace_id, hex))) > 0)
)
SELECT DISTINCT run_id
FROM candidates
WHERE preference = (SELECT min(preference) FROM candidates)
ORDER BY run_id
