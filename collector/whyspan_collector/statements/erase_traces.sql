DELETE FROM traces WHERE trace_id IN (SELECT trace_id FROM doomed_traces)
