-- The runs that retention takes, oldest arrival first: pinned ones never, others whole.
-- $before_ns: those that arrived, with their last span, before this time of our clock
-- $spans: and the oldest until they have so many spans together
SELECT run_id, last_arrived_ns
FROM (
    SELECT run_id, last_arrived_ns, sum(spans) OVER (ORDER BY last_arrived_ns, run_id) - spans AS spans_of_older
    FROM runs
    ANTI JOIN pins USING (run_id)
)
WHERE last_arrived_ns < CAST($before_ns AS UBIGINT) OR spans_of_older < $spans
ORDER BY last_arrived_ns, run_id
