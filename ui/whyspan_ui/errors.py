"""The one error that is the user's to solve."""


class UsageError(Exception):
    """What was asked for cannot be done; the message says what to do instead. Exit status 2."""
