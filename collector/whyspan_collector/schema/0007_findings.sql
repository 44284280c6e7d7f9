-- What is counted over many diagnoses, beside the documents: reading 100,000 documents for it takes gigabytes.
-- NULL where an earlier version of the analysis wrote the row; it is made anew anyway.
ALTER TABLE diagnoses ADD COLUMN findings STRUCT(
    detector VARCHAR, role VARCHAR, recovered BOOLEAN,
    bits DOUBLE                             -- what it weighs for this agent; NULL: what it weighs everywhere
)[];
ALTER TABLE diagnoses ADD COLUMN missing VARCHAR[];           -- what was not captured, in words
