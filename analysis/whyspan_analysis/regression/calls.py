"""The calls of tools and searches on a tape."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from whyspan import semconv
from whyspan.rules.events import Event, On
from whyspan.testing.tape import masked
from whyspan_analysis.case import Case
from whyspan_analysis.regression.document import CalledDocument, RaisedDocument
from whyspan_analysis.regression.recording import OURS, NotExportable, Recording
from whyspan_analysis.steps import Action
from whyspan_collector.records import Content, Span


def calls_of(recording: Recording, decisive: int, steps: Sequence[int]) -> Iterator[tuple[int, CalledDocument]]:
    """The calls up to the decisive one, which comes without its result, and of the later ones those that only read.

    What a replaced tool did within itself is left out; a tool that the decisive step is inside of really runs.
    """
    case, stream = recording.case, recording.stream
    waiting: dict[tuple[str, str], deque[Action]] = defaultdict(deque)
    for action in case.actions:
        waiting[action.span_id, action.name].append(action)
    replaced: list[Span] = []
    for position, event in enumerate(stream):
        if event.kind != On.CALL or not waiting[event.span_id, event.name]:
            continue
        action = waiting[event.span_id, event.name].popleft()
        if action.span is not None and any(case.within(action.span, outer) for outer in replaced):
            continue
        through = _is_around(case, action, stream[decisive]) and position < decisive
        if through and action.changes and action.span is not None and action.span.effect:
            raise NotExportable(
                f"what went wrong happened inside of {action.name}, which is declared {action.span.effect}: a replay cannot run it"
            )
        if position > decisive and (event.changes or not action.ok):
            continue
        if not through and not action.done:
            continue  # it never came back, or there is no such tool
        if action.span is not None and not through and position != decisive:
            replaced.append(action.span)
        returned = not through and position != decisive
        yield position, _called(case, action, event, steps[position], returned=returned, through=through)


def _is_around(case: Case, action: Action, decisive: Event) -> bool:
    return action.span is not None and case.within(case.run.span(decisive.span_id), action.span)


def _called(  # noqa: PLR0913 - what is known of a call
    case: Case, action: Action, event: Event, step: int, *, returned: bool, through: bool
) -> CalledDocument:
    """A call; as the tool's own span has it where that is ours, because it knows the defaults of arguments the model left out."""
    span = action.span
    ours = span is not None and span.vocabulary == OURS
    seen = case.run.contents[span.span_id] if span is not None and ours else Content()
    called = CalledDocument(
        step=step,
        name=masked(event.name),
        arguments=masked(action.arguments if seen.arguments is None else seen.arguments),
        effect=event.effect,
        ours=ours,
        returned=returned,
        through=through,
    )
    if returned and action.error is not None:
        kind = span.error_type if span is not None and span.error_type else "Exception"
        called.error = RaisedDocument(type=kind, message=masked(action.error))
    elif returned and not _has_result(action):
        raise NotExportable(f"what {event.name} returned in step {step} was not recorded, so it cannot be given again")
    elif returned:
        called.result = masked(seen.result if called.ours else action.result)  # a text "42" stays a text
    return called


def _has_result(action: Action) -> bool:
    """False where content was left out, or sent as hashes only. A recorded `None` is a result."""
    if action.span is None or action.span.vocabulary != OURS:
        return action.result_at is not None
    sent = [action.span.attributes.get(key) for key in (semconv.TOOL_RESULT, semconv.RETRIEVAL_DOCUMENTS)]
    return any(isinstance(each, str) and not each.startswith("sha256:") for each in sent)
