INSERT INTO diagnoses BY NAME SELECT * FROM renewed
