-- The text index. Dropped and made anew whenever this file changes: everything in it is derived.
CREATE TABLE traces (
    number     INTEGER PRIMARY KEY,
    trace_id   TEXT NOT NULL UNIQUE,
    arrived_ns INTEGER NOT NULL,     -- when the newest of what is indexed arrived
    sizes      TEXT NOT NULL,        -- JSON: how many bytes each of its texts has
    texts      BLOB NOT NULL         -- one behind the other, zstd: FTS5 needs them to forget, excerpts are cut from them
);
CREATE TABLE texts (
    id      INTEGER PRIMARY KEY,     -- number of the trace * 2^24 + place in it
    span_id TEXT NOT NULL,           -- the first span of the trace with this text: a history repeated is indexed once
    place   TEXT NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
-- A portion of traces is one segment, not four, and eight segments are merged at once, not four: a third less to write.
INSERT INTO words (words, rank) VALUES ('hashsize', 16777216), ('automerge', 8);
