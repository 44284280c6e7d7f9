-- Schema 4. What people say about the diagnosis of a run. Nothing is changed: of what one person says of a run the last counts.
CREATE TABLE annotations (
    run_id           VARCHAR NOT NULL,
    at_ns            UBIGINT NOT NULL,      -- by our clock
    person           VARCHAR,               -- who, as the dashboard knows them; NULL where nobody has to say
    judgement        VARCHAR,               -- `right`, `wrong`, NULL: says nothing of the verdict, or takes it back
    span_id          VARCHAR,               -- the decision that was to blame, where the verdict is wrong
    note             VARCHAR,
    outcome          VARCHAR,               -- what was judged, as it was shown then: the calibration needs it after the
    grade            VARCHAR,               -- diagnosis has been made anew
    detector         VARCHAR,
    decisive_span_id VARCHAR,
    score            DOUBLE,
    analysis_version VARCHAR
);
