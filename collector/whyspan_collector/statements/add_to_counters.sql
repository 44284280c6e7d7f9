MERGE INTO counters USING increments USING (name)
WHEN MATCHED THEN UPDATE SET value = counters.value + increments.value
WHEN NOT MATCHED THEN INSERT VALUES (increments.name, increments.value)
