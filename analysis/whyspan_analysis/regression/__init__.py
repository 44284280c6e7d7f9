"""Regression tests from failed runs: a tape of what was recorded, a proof that a test with it means something, and the test.

The player of the tape is `whyspan.testing` in the SDK; what it judges with is a rule of `whyspan.rules`.
"""
