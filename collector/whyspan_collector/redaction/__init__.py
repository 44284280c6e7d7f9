"""Redaction on arrival: secrets are masked before a request reaches the journal, whichever way it came.

The second line behind the SDK's own: agents instrumented by others pass here too. A request without a trace of a
secret is only scanned (`scan`); one with a candidate is parsed, masked (`messages`, `text`) and written anew.
"""

from whyspan_collector.redaction.redactor import Redacted, Redactor
from whyspan_collector.redaction.rules import MASK, Rules

__all__ = ["MASK", "Redacted", "Redactor", "Rules"]
