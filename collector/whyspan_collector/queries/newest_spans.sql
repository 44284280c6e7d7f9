-- The newest spans of every instrumentation and kind whole, for `rows.spans_from_table`: what `coverage` looks at. The search goes
-- back 100,000 spans, so that it takes no longer in a large store.
-- $each: so many of each
WITH recent AS (
    SELECT rowid AS place, scope, scope_version, vocabulary, kind
    FROM spans
    WHERE rowid > (SELECT max(rowid) - 100000 FROM spans)
    QUALIFY row_number() OVER (PARTITION BY scope, scope_version, vocabulary, kind ORDER BY rowid DESC) <= $each
)
SELECT *
FROM spans
WHERE rowid IN (SELECT place FROM recent)
ORDER BY trace_id, span_id
