INSERT INTO rule_checks BY NAME SELECT * FROM checked
