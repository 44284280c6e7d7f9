INSERT INTO split_spans BY NAME SELECT * FROM renewed_split_spans
