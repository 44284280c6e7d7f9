"""Failures with a known cause: scripted agents in which exactly one operation is made to go wrong, and how often the diagnosis finds it."""

from benchmarks.faults.bench import run

__all__ = ["run"]
