"""The pages, one script each. `shell.py` is run for every interaction and runs the page of the address."""
