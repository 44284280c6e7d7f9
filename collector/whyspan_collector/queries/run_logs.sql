-- The log records of one run, for `rows.logs_from_table`. A record that names no stored span belongs to every run of its trace.
-- $run_id: the run
SELECT *
FROM logs_of($run_id)
ORDER BY time_ns, content_hash
