-- Schema 8. What a run's events are named by, beside its diagnosis: a rule about one tool or agent need not read the others' runs.
-- NULL where an earlier version of the analysis wrote the row, or where there are too many to keep.
ALTER TABLE diagnoses ADD COLUMN tools VARCHAR[];             -- called, whether a span of the call was recorded or not; each once
ALTER TABLE diagnoses ADD COLUMN agents VARCHAR[];            -- of its spans, '' for none; each once
