"""What carries no meaning changes no diagnosis: ids, clocks, the order of arrival, how long names are, attributes nobody reads."""

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from tests.analysis.conftest import Script, read_sample
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.load import assemble
from whyspan_analysis.model import Run, Status
from whyspan_analysis.signature import signature
from whyspan_collector.records import Log, Span

Spans = list[Span]
Change = Callable[[Spans], Spans]

FAILED = (
    "crewai__openinference__retry_loop",
    "openai-agents__openinference__hallucinated_tool",
    "openai__openinference__wrong_final",
    "whyspan__handoff_drops_detail",
    "whyspan__lost_constraint",
    "whyspan__refund_wrong_order",
)
"""Recordings of failures of different kinds, by frameworks and by our SDK; none has logs."""
SENT = {"attributes", "events", "links", "status_message", "error_message", "agent", "tool", "tool_call_id", "run_key"}
"""What of a span came from outside and holds words."""
RECORD = re.compile(r"(?<![\w-])[a-z]{1,3}-\d+(?![\w-])")
"""How the recordings and runs below name their records: `o-88213`."""


def told(spans: Spans) -> tuple[object, ...]:
    """What a diagnosis comes to, with the decisive step by its place in the run."""
    run: Run = assemble("run", spans, list[Log]())
    found = diagnose(run)
    first = found.hypotheses[0]
    return (
        found.outcome.status,
        found.grade,
        run.order[first.span_id],
        [finding.detector for finding in first.findings],
        signature(run, found),
    )


def rewritten(spans: Spans, word: Callable[[str], str]) -> Spans:
    """The spans with every text that was sent passed through a function."""

    def rewrite(value: Any) -> Any:
        if isinstance(value, str):
            return word(value)
        if isinstance(value, Mapping):
            return {key: rewrite(held) for key, held in value.items()}
        return [rewrite(held) for held in value] if isinstance(value, list) else value

    return [
        replace(span, **{each.name: rewrite(getattr(span, each.name)) for each in fields(span) if each.name in SENT})
        for span in spans
    ]


def other_ids(spans: Spans) -> Spans:
    """Ids of traces and spans that sort in another order."""
    draw = random.Random(7)
    ids = {each: f"{draw.getrandbits(64):016x}" for span in spans for each in (span.trace_id, span.span_id)}
    anyone = re.compile("|".join(ids))
    renamed = rewritten(spans, lambda words: anyone.sub(lambda found: ids[found[0]], words))
    return [
        replace(
            span,
            trace_id=ids[span.trace_id],
            span_id=ids[span.span_id],
            parent_span_id=ids.get(span.parent_span_id or ""),
        )
        for span in renamed
    ]


def clock(tell: Callable[[int], int]) -> Change:
    """Another clock; what never ended still has not."""
    return lambda spans: [
        replace(span, start_ns=tell(span.start_ns), end_ns=tell(span.end_ns) if span.end_ns else 0) for span in spans
    ]


def shuffled(spans: Spans) -> Spans:
    """The same spans in another order."""
    return random.Random(3).sample(spans, len(spans))


def records(name: Callable[[str], str]) -> Change:
    """Other names for the records the run is about, everywhere."""
    return lambda spans: rewritten(spans, lambda words: RECORD.sub(lambda found: name(found[0]), words))


def benign(spans: Spans) -> Spans:
    """Attributes of the machine and the deployment, and JSON objects in another order."""

    def turned(words: str) -> str:
        try:
            held = json.loads(words)
        except ValueError:
            return words
        return json.dumps(dict(reversed(held.items()))) if isinstance(held, dict) else words

    extra = {"thread.id": 12, "deployment.colour": "blue", "build.number": 4711}
    return [replace(span, attributes={**extra, **span.attributes}) for span in rewritten(spans, turned)]


CHANGES: dict[str, Change] = {
    "other ids": other_ids,
    "months later": clock(lambda time: time + 200 * 86_400 * 10**9),
    "slower": clock(lambda time: 40 * (time - 1_700_000_000 * 10**9) + 1_700_000_000 * 10**9),
    "another order of arrival": shuffled,
    "other digits": records(lambda name: name.translate(str.maketrans("123456789", "987651234"))),
    "some records with a digit more": records(lambda name: f"{name}5" if int(name[-1]) % 2 else name),
    "some records with a letter more": records(lambda name: f"{name}b" if int(name[-1]) % 2 else name),
    "benign attributes": benign,
}


def mixed_up(script: Any, right: str, wrong: str, key: str = "order") -> Any:
    """A run that chose one order and refunded another."""
    run = script("Refund the tent of c-7431.", ["orders", "refund"])
    run.turn("orders", {"customer": "c-7431"}, [{key: right, "item": "tent"}, {key: wrong, "item": "stove"}])
    run.decide("Which order?", right, right, wrong)
    run.turn("refund", {key: wrong}, {"status": "done"}, effect="irreversible")
    run.check(ok=False)
    return run


@pytest.fixture(scope="module")
def failures() -> list[Spans]:
    """The spans of failed runs: of recordings, and last of one written down here."""
    return [*(read_sample(name)[0] for name in FAILED), mixed_up(Script, "o-41017", "o-41018").spans]


@pytest.mark.parametrize("change", CHANGES)
def test_what_carries_no_meaning_changes_no_diagnosis(change: str, failures: list[Spans]) -> None:
    """The outcome, the decisive step, its cause, the grade and the signature stay the same."""
    for spans in failures:
        assert told(CHANGES[change](spans)) == told(spans)


def test_ids_put_no_spans_in_order(failures: list[Spans]) -> None:
    """Where a coarse clock lets spans start at once, the diagnosis does not depend on how their ids sort."""
    for spans in map(clock(lambda time: time // 10**8 * 10**8), failures[:-1]):
        assert told(other_ids(spans)) == told(spans)


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [("o-7", "o-12", "order"), ("o-12", "o-7", "order"), ("o-7", "o-12b", "order"), ("o7", "o12", "order_id"), ("o12", "o7", "orderId")],
)  # fmt: skip
def test_a_short_id_is_an_id(script: Any, right: str, wrong: str, key: str) -> None:
    """Order 7 against order 12 is the same failure as 41017 against 41018; a key says what a mark in the id does not."""
    assert told(mixed_up(script, right, wrong, key).spans) == told(mixed_up(script, "o-41017", "o-41018").spans)


@pytest.mark.parametrize(("key", "value"), [("order_id", 7), ("order_id", 12), ("order", "o-7"), ("orderNumber", "o7")])
def test_a_short_id_from_nowhere_is_found(script: Any, key: str, value: object) -> None:
    """Nobody gave it and nothing returned it."""
    run = script("Refund the tent.", ["refund"])
    call = run.ask(("refund", {key: value}))
    run.execute({"status": "done"})
    [finding] = run.findings("ungrounded_argument")
    assert finding.span_id == call.span_id


@pytest.mark.parametrize("arguments", [{"quarter": "Q3"}, {"nights": 7}, {"limit_id": "A4"}])
def test_short_values_that_name_no_record_are_left_alone(script: Any, arguments: object) -> None:
    """A quarter, a count and a limit are for the agent to choose."""
    run = script("Report on the hotel.", ["report"])
    run.turn("report", arguments, {"status": "done"})
    assert not run.findings("ungrounded_argument")


@pytest.mark.parametrize("town", ["Rotterdam", "Ulm", "東京"])
def test_how_long_a_name_is_decides_nothing(script: Any, town: str) -> None:
    """A tool that does not know the town the user named is no failure of the run, however short the town's name."""
    run = script(f"How warm is it in {town} today?", ["weather"])
    run.ask(("weather", {"town": town}))
    run.execute(error=f"there is no station in {town}")
    run.answer(f"I could not find out: there is no station in {town}.")
    assert run.diagnose().outcome.status is Status.OK
