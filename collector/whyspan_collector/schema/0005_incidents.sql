-- Schema 5. What a failed run's cause is apart from the run (its signature), what the run was made of, and what people did about it.
ALTER TABLE diagnoses ADD COLUMN signature VARCHAR;           -- 12 hex digits; NULL unless the run failed
ALTER TABLE diagnoses ADD COLUMN alias VARCHAR;               -- the signature it would have with its second hypothesis
ALTER TABLE diagnoses ADD COLUMN signature_parts VARCHAR;     -- JSON object: what the signature was made from
ALTER TABLE diagnoses ADD COLUMN score DOUBLE;                -- bits of the first hypothesis
ALTER TABLE diagnoses ADD COLUMN gaps INTEGER;                -- how many things were not captured
ALTER TABLE diagnoses ADD COLUMN version VARCHAR;             -- of the agent, else of its service
ALTER TABLE diagnoses ADD COLUMN circumstances STRUCT(name VARCHAR, value VARCHAR)[];
ALTER TABLE diagnoses ADD COLUMN input_length INTEGER;        -- characters of the task

-- What people did about incidents, in order; nothing is ever changed or removed. Their present state is folded from it.
CREATE TABLE incident_events (
    number   BIGINT NOT NULL,               -- 1, 2, 3, ...
    at_ns    UBIGINT NOT NULL,              -- by our clock
    incident VARCHAR NOT NULL,              -- a signature
    kind     VARCHAR NOT NULL,              -- `status`, `owner`, `note`, `test`, `merge`, `split`
    value    VARCHAR,                       -- the status, the owner, the words, the test
    version  VARCHAR,                       -- with status `fixed`: the version that holds the fix
    other    VARCHAR,                       -- with `merge` and `split`: the signature it was merged into or kept apart from
    person   VARCHAR                        -- who, as they call themselves
);
