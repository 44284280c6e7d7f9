"""How a run ended, as checks of the program itself saw it."""

from whyspan import runtime, semconv
from whyspan.codec import encode_outcome
from whyspan.faults import contained, warn_once
from whyspan.model import Outcome
from whyspan.values import shown, truth_of


def outcome(*, ok: bool, check: str | None = None, detail: str | None = None) -> None:
    """Records on the current run whether a check of its result held; several checks may be recorded.

    Args:
        ok: True when the check held.
        check: The check in words.
        detail: What was expected and what was found.

    Example:
        >>> outcome(ok=False, check="refund matches order total", detail="expected 40.00, refunded 400.00")
    """
    with contained:
        if runtime.tracer() is None:
            return
        scope = runtime.scope()
        if scope is None or not scope.run.root.is_recording():
            warn_once("outcome() outside a run is ignored; call it inside the agent, before it returns")
            return
        if (held := truth_of(ok)) is None:
            warn_once(f"outcome(ok=...) takes True or False, got {shown(ok)}; it is ignored")
            return
        scope.run.root.add_event(semconv.OUTCOME_EVENT, encode_outcome(Outcome(held, check, detail)))
