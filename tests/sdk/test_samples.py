"""The sample agents of our own: their recordings are what the programs beside them do, and hold what they promise."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from whyspan import Decision, Outcome, semconv
from whyspan.codec import decode_decision, decode_outcome

_SAMPLES = Path(__file__).parents[2] / "sample_traces"
_NAMES = [
    "whyspan__handoff_drops_detail",
    "whyspan__lost_constraint",
    "whyspan__refund_ok",
    "whyspan__refund_wrong_order",
]


def spans_in(folder: Path) -> list[Span]:
    requests = [ExportTraceServiceRequest.FromString(path.read_bytes()) for path in sorted(folder.glob("[0-9]*.pb"))]
    return [
        span for request in requests for each in request.resource_spans for s in each.scope_spans for span in s.spans
    ]


def attributes_of(carrier: Span | Span.Event) -> dict[str, str | bool | float]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in carrier.attributes}


def decisions_in(spans: list[Span]) -> Iterator[Decision]:
    for span in spans:
        if decision := decode_decision(attributes_of(span)):
            yield decision


def outcomes_in(spans: list[Span]) -> Iterator[Outcome]:
    for span in spans:
        for event in span.events:
            if event.name == semconv.OUTCOME_EVENT and (outcome := decode_outcome(attributes_of(event))):
                yield outcome


@pytest.fixture(scope="module")
def recorded_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("samples")
    subprocess.run([sys.executable, str(_SAMPLES / "record.py"), "--into", str(into)], check=True, capture_output=True)
    return into


def told(folder: Path) -> list[str]:
    """The spans as text, without the lines of code in stack traces, which move with every edit."""
    return [re.sub(r"line \d+", "line", str(span)) for span in spans_in(folder)]


@pytest.mark.parametrize("name", _NAMES)
def test_recording_again_gives_the_same(name: str, recorded_again: Path) -> None:
    """A recording is what its agent does today, down to ids and times; `record.py` brings it up to date."""
    assert told(recorded_again / name) == told(_SAMPLES / name)


@pytest.mark.parametrize("name", _NAMES)
def test_what_a_sample_holds(name: str) -> None:
    """A tree of spans over seconds, decisions with options not taken, evidence that points at spans of the run."""
    spans = spans_in(_SAMPLES / name)
    ids = {span.span_id.hex() for span in spans}
    (root,) = (span for span in spans if not span.parent_span_id)
    decisions = list(decisions_in(spans))
    references = [evidence.ref for decision in decisions for evidence in decision.evidence if evidence.kind == "span"]

    assert 15 <= len(spans) <= 40
    assert 3 <= len(decisions) <= 8
    assert all(decision.choice in [option.label for option in decision.options] for decision in decisions)
    assert all(decision.rationale and decision.confidence for decision in decisions)
    assert any(option.why_not for decision in decisions for option in decision.options)
    assert references
    assert set(references) <= ids
    assert root.end_time_unix_nano - root.start_time_unix_nano > 10 * 10**9
    assert any(span.status.code == span.status.STATUS_CODE_ERROR for span in spans)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("whyspan__handoff_drops_detail", "the cake contains nothing the customer is allergic to"),
        ("whyspan__lost_constraint", "all flights are non-stop"),
        ("whyspan__refund_ok", None),
        ("whyspan__refund_wrong_order", "the refunded order belongs to the customer who asked"),
    ],
)
def test_how_a_sample_ends(name: str, broken: str | None) -> None:
    """Each failing sample breaks exactly one of its two checks, and the healthy twin none."""
    outcomes = list(outcomes_in(spans_in(_SAMPLES / name)))

    assert len(outcomes) == 2
    assert [outcome.check for outcome in outcomes if not outcome.ok] == ([broken] if broken else [])


def test_every_folder_is_explained() -> None:
    """The README has a row for every recording, and none for one that is not there."""
    explained = set(
        re.findall(r"^\| `([\w-]+)` \|", (_SAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert explained == {path.name for path in _SAMPLES.iterdir() if path.is_dir() and "__" in path.name.strip("_")}


def test_no_path_of_a_machine() -> None:
    """Recordings do not say on which machine they were made."""
    assert not [path for path in _SAMPLES.glob("whyspan__*/*.pb") if b'File "/' in path.read_bytes()]
