-- Schema 6. Rules: what happened to them, in order, and what they found in runs.
-- Nothing is ever changed or removed; a rule is what its last event says. Each row has the hash of itself and all before it.
CREATE TABLE rule_events (
    number  BIGINT NOT NULL,                -- 1, 2, 3, ...
    at_ns   UBIGINT NOT NULL,               -- by our clock
    rule_id VARCHAR NOT NULL,
    action  VARCHAR NOT NULL,               -- `proposed`, `imported`, `shadowed`, `activated`, `retired`
    record  VARCHAR NOT NULL,               -- JSON: the rule from then on
    person  VARCHAR,                        -- who, as they call themselves
    note    VARCHAR,
    hash    VARCHAR NOT NULL                -- SHA-256 over the row and the hash before it
);

-- Derived by the analysis: which runs the rules in force were looked for in, and which of them each broke.
CREATE TABLE rule_checks (
    run_id   VARCHAR NOT NULL,
    revision VARCHAR NOT NULL,
    rules    VARCHAR NOT NULL               -- fingerprint of the rules in force; with other rules a run is looked at anew
);
CREATE TABLE rule_violations (
    run_id   VARCHAR NOT NULL,
    revision VARCHAR NOT NULL,
    rule_id  VARCHAR NOT NULL,
    status   VARCHAR NOT NULL,              -- of the rule: `shadow`, `active`
    span_id  VARCHAR,                       -- where; NULL: the run broke it by ending
    event    VARCHAR NOT NULL,              -- what kind of event, or `end`
    words    VARCHAR NOT NULL,
    severity INTEGER NOT NULL,
    stopped  BOOLEAN NOT NULL               -- true where a guard in the agent had stopped it already
);
