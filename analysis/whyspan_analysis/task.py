"""What a run was asked to do, and by what two runs of one agent are known to have been asked the same."""

from collections.abc import Iterator
from hashlib import blake2b

from whyspan import semconv
from whyspan.semconv import Kind
from whyspan_analysis.fields import read, text
from whyspan_analysis.model import Run


def task(run: Run) -> str | None:
    """What the run was asked to do, on one line, so that equal tasks are equal; None where it was not captured."""
    at = asked_at(run)
    return " ".join(text(read(run, *at)).split()) if at is not None else None


def task_id(run: Run) -> str | None:
    """Equal for runs of one agent of one service with the same task: 16 hex digits; None where a task or an agent is not known."""
    agents = [span for span in run.spans if span.agent]
    root = next((span for span in agents if span.kind is Kind.AGENT), next(iter(agents), None))
    asked = task(run)
    if root is None or not asked:
        return None
    service = next((span.service for span in run.spans if span.service), None)
    written = "\x00".join((service or "", root.agent or "", asked))
    return blake2b(written.encode("utf-8", "replace"), digest_size=8).hexdigest()


def asked_at(run: Run) -> tuple[str, str] | None:
    """Where the task stands (span id, path): as recorded, else the input of the root, else the first words of the user."""
    for span in run.spans:
        if semconv.RUN_TASK in span.attributes:
            return span.span_id, f"attributes.{semconv.RUN_TASK}"
    for root in run.children[None]:
        if run.contents[root.span_id].input is not None:
            return root.span_id, "input"
    first = next((span for span in run.spans if span.kind is Kind.MODEL_CALL), None)
    return next(messages_at(run, first.span_id, "user"), None) if first is not None else None


def messages_at(run: Run, span_id: str, role: str) -> Iterator[tuple[str, str]]:
    """Where the texts of a role stand among what a model call was given."""
    for m, message in enumerate(run.contents[span_id].input_messages):
        for p, part in enumerate(message.parts):
            if message.role == role and part.type == "text" and part.content:
                yield span_id, f"input_messages[{m}].parts[{p}].content"
