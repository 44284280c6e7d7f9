"""Whyspan's SDK: an agent's program says what it decided, between what, and why.

`configure()` once, then `@agent`, `@tool`, `model_call()`, `decision()` and `outcome()`. Without `configure()` nothing
is recorded and the program runs as if Whyspan were not there; with it, nothing here ever raises into the program.
"""

from importlib.metadata import version

from whyspan.agents import agent
from whyspan.configure import configure, flush, shutdown
from whyspan.decisions import decision
from whyspan.handoffs import handoff
from whyspan.instrument import Instrumentation, instrument
from whyspan.model import Decision, Evidence, Option, Outcome
from whyspan.model_calls import model_call
from whyspan.outcomes import outcome
from whyspan.propagation import carrier, continued, propagate
from whyspan.redaction import Redaction
from whyspan.sampling import Sampling
from whyspan.semconv import Effect, Kind
from whyspan.tools import tool

__version__ = version("whyspan")

__all__ = [
    "Decision",
    "Effect",
    "Evidence",
    "Instrumentation",
    "Kind",
    "Option",
    "Outcome",
    "Redaction",
    "Sampling",
    "__version__",
    "agent",
    "carrier",
    "configure",
    "continued",
    "decision",
    "flush",
    "handoff",
    "instrument",
    "model_call",
    "outcome",
    "propagate",
    "shutdown",
    "tool",
]
