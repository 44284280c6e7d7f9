"""Rules over stored runs: read from files, measured on history, proposed from diagnoses, checked in CI.

What a rule means is in `whyspan.rules`, which the guard in the agent uses as well; here is what needs stored runs.
"""
