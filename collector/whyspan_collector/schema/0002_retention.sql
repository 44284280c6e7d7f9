-- Schema 2. Runs that retention leaves alone, such as the examples of an incident.
CREATE TABLE pins (
    run_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL                 -- for people: who or what pinned it
);
INSERT INTO counters VALUES ('deleted_runs', 0), ('retired_runs', 0);
