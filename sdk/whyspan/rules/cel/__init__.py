"""A subset of CEL, the Common Expression Language, compiled to Python closures: typed, bounded, without side effects.

`compile_expression` reads an expression once; the result is called for every event. Nothing is ever eval'ed.
The subset, and where it stops, is in docs/rules.md.
"""

from whyspan.rules.cel.compiling import Environment, Expression, compile_expression
from whyspan.rules.cel.errors import NoAnswer, RuleError
from whyspan.rules.cel.types import Function, Record, Type

__all__ = ["Environment", "Expression", "Function", "NoAnswer", "Record", "RuleError", "Type", "compile_expression"]
