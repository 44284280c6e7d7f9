"""A question to a person and the answer: what came from outside of the agent, and from whom."""

from whyspan import enforcement, semconv
from whyspan.guarded import GuardedCall
from whyspan.rules.events import Event, On
from whyspan.semconv import Effect, Kind
from whyspan.spans import Sendable, named, sendable
from whyspan.values import listed, to_json

_TOOL_NAME = "ask_person"
"""A question to a person is a tool to the agent: it has arguments, a result, and reaches people outside."""


class Question(GuardedCall):
    """One question while it waits for its answer, as a `with` block; see `ask`."""

    kind = Kind.TOOL
    result_key = semconv.TOOL_RESULT

    def __init__(self, question: str, *, whom: str | None = None, options: list[str] | None = None) -> None:
        super().__init__()
        self._question = question
        self._whom = whom
        self._options = options

    def answer(self, answer: object) -> None:
        """Records what the person said."""
        self.set_result(answer)

    def _event(self, kind: On) -> Event:
        return enforcement.tool_event(kind, _TOOL_NAME, self._asked(), Effect.EXTERNAL.value, runs="block")

    def _asked(self) -> dict[str, object]:
        options = listed(self._options)
        return {"question": self._question, **({"options": options} if options else {})}

    def _name(self) -> str:
        return named(semconv.OPERATION_EXECUTE_TOOL, _TOOL_NAME)

    def _attributes(self) -> Sendable:
        attributes = {
            semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL,
            semconv.TOOL_NAME: _TOOL_NAME,
            semconv.TOOL_EFFECT: Effect.EXTERNAL.value,
            semconv.TOOL_ARGUMENTS: to_json(self._asked()),
            semconv.HUMAN_QUESTION: self._question,
            semconv.HUMAN_NAME: self._whom,
        }
        return sendable(attributes)


def ask(question: str, /, *, whom: str | None = None, options: list[str] | None = None) -> Question:
    """Records a question to a person, as a `with` block around the wait; `answer()` records the answer.

    Args:
        question: As the person sees it.
        whom: Who is asked, by name or role.
        options: The answers they are offered.

    Example:
        >>> with ask("Refund 400 to Ada?", whom="supervisor", options=["yes", "no"]) as question:
        ...     question.answer("yes")
    """
    return Question(question, whom=whom, options=options)
