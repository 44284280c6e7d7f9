-- The names of all tools that runs called and of all agents that worked in them.
SELECT 'tool' AS kind, unnest(tools) AS name FROM diagnoses
UNION
SELECT 'agent', unnest(agents) FROM diagnoses
ORDER BY kind, name
