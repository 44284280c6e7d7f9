-- The traces that changed and all that may share a run with them.
WITH RECURSIVE reached(node) AS (
    SELECT trace_id FROM traces WHERE changed
    UNION
    SELECT joins.other FROM joins JOIN reached USING (node)
)
SELECT trace_id, first_arrived_ns, last_arrived_ns
FROM traces
SEMI JOIN reached ON traces.trace_id = reached.node
