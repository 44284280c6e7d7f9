-- Schema 3. The labels a program gives its runs. What was stored before has none: they are named when a span arrives.
ALTER TABLE spans ADD COLUMN tags VARCHAR[];
ALTER TABLE runs ADD COLUMN tags VARCHAR[] DEFAULT [];
