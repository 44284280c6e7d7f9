UPDATE price_table SET fingerprint = $fingerprint
