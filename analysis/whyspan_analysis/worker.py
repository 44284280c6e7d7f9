"""The worker process: diagnoses every run once it has settled, for as long as it lives.

It asks the collector, which owns the store, and waits with growing pauses while the collector is away.
"""
