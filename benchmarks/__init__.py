"""What Whyspan costs and reaches, measured. `make bench` prints every table; nothing here asserts."""
