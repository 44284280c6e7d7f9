-- The models whose price is not known, most calls first: what is missing from the costs of `runs`. `reports_tokens` is false for
-- calls that do not say what they took in and gave out, of which a price would not help.
SELECT provider, model, priceable AS reports_tokens, CAST(sum(calls) AS BIGINT) AS calls, count(DISTINCT run_id) AS runs
FROM (SELECT run_id, unnest(usage, recursive := true) FROM runs)
WHERE cost_source IS NULL AND calls > 0
GROUP BY ALL
ORDER BY calls DESC, provider, model, reports_tokens
