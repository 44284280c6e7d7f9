MERGE INTO traces USING changed USING (trace_id)
WHEN MATCHED THEN UPDATE SET
    first_arrived_ns = least(traces.first_arrived_ns, changed.arrived_ns),
    last_arrived_ns = greatest(traces.last_arrived_ns, changed.arrived_ns),
    changed = true
WHEN NOT MATCHED THEN INSERT VALUES (changed.trace_id, changed.arrived_ns, changed.arrived_ns, true)
