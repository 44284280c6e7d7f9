"""What can be wrong with an expression: before it runs (`RuleError`), and while it runs (`NoAnswer`)."""


class RuleError(ValueError):
    """A rule, or an expression in it, that means nothing: what is wrong, where, and what to write instead."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}, column {column}: {message}")
        self.message = message
        self.line = line
        """1-based line within the expression; None where the error is not at one place of it."""
        self.column = column


class NoAnswer(Exception):
    """An expression that has no value on this event: a field that is not there, a division by zero, two types that do not go together."""
