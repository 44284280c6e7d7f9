-- When the newest span or log record of every trace arrived: what the text index compares itself with.
SELECT trace_id, last_arrived_ns
FROM traces
ORDER BY last_arrived_ns
