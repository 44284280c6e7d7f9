SELECT message FROM spans UNION ALL SELECT context FROM spans
UNION ALL SELECT message FROM logs UNION ALL SELECT context FROM logs
