-- When the stored part of the incoming traces arrived.
SELECT min(first_arrived_ns), max(last_arrived_ns)
FROM traces
SEMI JOIN incoming USING (trace_id)
