"""What somebody thought of a run once it was over."""

from opentelemetry import context as otel

from whyspan import runtime, semconv
from whyspan.codec import encode_outcome
from whyspan.faults import contained, warn_once
from whyspan.model import Outcome
from whyspan.semconv import Kind
from whyspan.spans import sendable
from whyspan.values import shown, to_text, truth_of


def feedback(
    run_id: str,
    /,
    *,
    ok: bool | None = None,
    score: float | None = None,
    comment: str | None = None,
    source: str = "user",
) -> None:
    """Records feedback on a run that is over, from any process, at any time later.

    Args:
        run_id: The run's id: `run_id` of the agent's handle, or the one the agent was given.
        ok: Whether the run did what it should; recorded as one more check of its outcome.
        score: Higher is better; the scale is the source's.
        comment: In words.
        source: Who gave it: `user`, `reviewer`, the name of an evaluation.

    Example:
        >>> from whyspan import agent
        >>> with agent("support") as run:
        ...     run.set_result("refunded")
        >>> feedback(run.run_id or "", ok=False, comment="the wrong order was refunded")
    """
    with contained:
        tracer = runtime.tracer()
        if tracer is None:
            return
        about = {
            semconv.KIND: Kind.EVALUATION.value,
            semconv.RUN_ID: run_id,
            semconv.FEEDBACK_RUN: run_id,
            semconv.FEEDBACK_SOURCE: source,
            semconv.FEEDBACK_SCORE: score,
            semconv.FEEDBACK_COMMENT: comment,
        }
        span = tracer.start_span("feedback", otel.Context(), attributes=sendable(about))
        if ok is not None:
            if (held := truth_of(ok)) is None:
                warn_once(f"feedback(ok=...) takes True or False, got {shown(ok)}; it is recorded without")
            else:
                check = f"feedback of {to_text(source)}"
                span.add_event(semconv.OUTCOME_EVENT, encode_outcome(Outcome(held, check, comment)))
        span.end()
