"""How often the diagnosis is right, on public failed runs with human labels. The readers of evaluation data live here only."""
