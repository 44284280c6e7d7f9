INSERT INTO rule_violations BY NAME SELECT * FROM broken
