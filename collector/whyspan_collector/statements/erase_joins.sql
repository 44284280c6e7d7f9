DELETE FROM joins
WHERE node IN (SELECT trace_id FROM doomed_traces) OR other IN (SELECT trace_id FROM doomed_traces)
