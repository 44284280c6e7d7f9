DELETE FROM split_spans WHERE trace_id IN (SELECT trace_id FROM affected)
