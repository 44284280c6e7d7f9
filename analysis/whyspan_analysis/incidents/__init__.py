"""Incidents: all failed runs with one signature, how often, since when, at what cost, and what people did about it.

Everything about runs is computed from the stored diagnoses whenever it is asked; what people did is an append-only ledger
that is folded into the present state.
"""
