UPDATE runs
SET usage = repriced.usage,
    cost = repriced.cost,
    costs_recorded = repriced.costs_recorded,
    costs_derived = repriced.costs_derived,
    costs_unknown = repriced.costs_unknown
FROM repriced
WHERE runs.run_id = repriced.run_id
