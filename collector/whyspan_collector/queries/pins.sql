-- The runs that retention leaves alone, newest first, each with the reasons why.
SELECT run_id, reasons, agent, name, start_ns, clock_valid
FROM runs
JOIN (SELECT run_id, list(DISTINCT reason ORDER BY reason) AS reasons FROM pins GROUP BY run_id) USING (run_id)
ORDER BY start_ns DESC, run_id
