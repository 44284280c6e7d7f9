-- Schema 10. What a run was asked, beside its diagnosis: a failed run is held beside passing ones of the same task.
-- NULL where it was not captured, or where an earlier version of the analysis wrote the row.
ALTER TABLE diagnoses ADD COLUMN task VARCHAR;                -- equal for runs of one agent of one service with the same task
