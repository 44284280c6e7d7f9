-- What is left of a trace that held several runs is grouped anew.
UPDATE traces SET changed = true WHERE trace_id IN (SELECT trace_id FROM doomed_spans)
