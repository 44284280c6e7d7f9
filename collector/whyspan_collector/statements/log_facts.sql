-- What the roll-up needs of the affected logs, in the order of LogFacts.
SELECT trace_id, span_id, content_hash, arrived_ns
FROM logs
SEMI JOIN affected USING (trace_id)
WHERE arrived_ns BETWEEN $first AND $last
