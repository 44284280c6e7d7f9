SELECT fingerprint FROM price_table
