-- The runs with calls whose cost nobody reported.
SELECT run_id, usage
FROM runs
WHERE len(list_filter(usage, lambda each: each.cost_source IS DISTINCT FROM 'recorded')) > 0
