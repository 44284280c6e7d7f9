DELETE FROM spans WHERE rowid IN (SELECT unnest($rowids))
