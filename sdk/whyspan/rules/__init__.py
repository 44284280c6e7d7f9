"""Rules: checkable statements about runs, evaluated over a stream of events. Needs nothing but Python.

The guard in the agent, the analysis of stored runs and `whyspan check` all evaluate with this package, so a rule means
the same in all three. The language is described in docs/rules.md.
"""
