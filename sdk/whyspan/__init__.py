"""Whyspan's SDK: an agent's program says what it decided, between what, and why.

`configure()` once, then `@agent`, `@tool`, `model_call()`, `decision()` and `outcome()`. Without `configure()` nothing
is recorded and the program runs as if Whyspan were not there; with it, nothing here ever raises into the program.
"""

from importlib.metadata import version

from whyspan.agents import agent
from whyspan.configure import configure, flush, shutdown
from whyspan.decisions import decision
from whyspan.enforcement import GuardBlocked
from whyspan.feedbacks import feedback
from whyspan.guards import guard
from whyspan.handoffs import handoff
from whyspan.instrument import Instrumentation, instrument
from whyspan.model import Decision, Evidence, Option, Outcome
from whyspan.model_calls import Prompt, model_call
from whyspan.notes import state, volatile
from whyspan.outcomes import outcome
from whyspan.people import ask
from whyspan.propagation import carrier, continued, propagate
from whyspan.redaction import Redaction
from whyspan.retrievals import retrieval
from whyspan.sampling import Sampling
from whyspan.semconv import Effect, Kind, Verdict
from whyspan.tools import tool

__version__ = version("whyspan")

__all__ = [
    "Decision",
    "Effect",
    "Evidence",
    "GuardBlocked",
    "Instrumentation",
    "Kind",
    "Option",
    "Outcome",
    "Prompt",
    "Redaction",
    "Sampling",
    "Verdict",
    "__version__",
    "agent",
    "ask",
    "carrier",
    "configure",
    "continued",
    "decision",
    "feedback",
    "flush",
    "guard",
    "handoff",
    "instrument",
    "model_call",
    "outcome",
    "propagate",
    "retrieval",
    "shutdown",
    "state",
    "tool",
    "volatile",
]
