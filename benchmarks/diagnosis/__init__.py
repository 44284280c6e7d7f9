"""How often the diagnosis is right, on public failed runs with human labels, and what it costs. The readers of evaluation data live here only."""

from benchmarks.diagnosis.bench import run

__all__ = ["run"]
