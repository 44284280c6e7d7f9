-- A pinned run that was merged or split: what has its trace now is pinned.
INSERT INTO pins
SELECT DISTINCT renewed.run_id, reason
FROM pins
JOIN (SELECT run_id, unnest(trace_ids) AS trace_id FROM renewed) AS renewed ON renewed.trace_id = split_part(pins.run_id, '-', 1)
WHERE pins.run_id NOT IN (SELECT run_id FROM runs)
