-- One UPDATE of the whole small table: a join with the increments takes three times as long, at every batch.
UPDATE counters
SET value = value + CASE name
    WHEN 'new_spans' THEN $new_spans
    WHEN 'replaced_spans' THEN $replaced_spans
    WHEN 'duplicate_spans' THEN $duplicate_spans
    WHEN 'new_logs' THEN $new_logs
    WHEN 'duplicate_logs' THEN $duplicate_logs
END
