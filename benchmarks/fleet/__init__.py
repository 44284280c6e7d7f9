"""A fleet of agents over two weeks: thousands of runs, twelve causes whose rates change, two releases; and what is made of them.

What is true of a run stands in a file of its own, which only this package reads.
"""

from benchmarks.fleet.measure import run

__all__ = ["run"]
