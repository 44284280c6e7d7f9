"""The fleet's figures on groupings whose answer is known, and runs in which nothing gives the truth away."""

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.faults.fault import FAULTS
from benchmarks.fleet.agreement import adjusted_rand
from benchmarks.fleet.causes import CAUSES, DAYS, TRAFFIC, VERSIONS
from benchmarks.fleet.check import expected, kept, separation
from benchmarks.fleet.generate import Truth, made


def test_adjusted_rand_index() -> None:
    """1 for the same groups under other names, 0 for one group of all, and the value of a published example."""
    assert adjusted_rand("aabbcc", "112233") == 1.0
    assert adjusted_rand("aabbcc", "111111") == 0.0
    assert adjusted_rand([0, 0, 1, 1], [0, 0, 1, 2]) == pytest.approx(0.5714, abs=1e-4)


def test_what_should_be_said_follows_from_the_rates() -> None:
    """New where it came in, gone where it stopped, back where somebody had called it fixed, worse, better, steady."""
    said = {cause.name: [expected(cause, *pair, fixed=frozenset({"F14 incident/restart"})) for pair in (VERSIONS[:2], VERSIONS[1:])] for cause in CAUSES}  # fmt: skip

    assert said["F01 refunds/refund"] == ["steady", "steady"]
    assert said["F03 research/web_search"] == [None, "new"]
    assert said["F04 refunds/page"] == ["gone", None]
    assert said["F14 incident/restart"] == ["gone", "back"]
    assert said["F20 rag/search"] == ["steady", "worse"]
    assert said["F21 analytics/exchange_rate"] == ["steady", "better"]


def test_every_cause_can_happen() -> None:
    """Each is a fault there is, of an agent that is called, and the versions cover all days."""
    assert {cause.fault for cause in CAUSES} <= FAULTS.keys()
    assert {cause.agent for cause in CAUSES} <= TRAFFIC.keys()
    assert len(DAYS) == len(VERSIONS)


def test_signatures_are_held_against_the_causes() -> None:
    """Missed failures and false ones are counted, and runs that keep their signature."""
    truth = {each.trace_id: each for each in (Truth("1", "a", "1.0", 0, "x"), Truth("2", "a", "1.0", 0, "x"), Truth("3", "a", "1.0", 0, "y"), Truth("4", "a", "1.0", 0, "y"), Truth("5", "a", "1.0", 0, None))}  # fmt: skip
    found = {"1": ("failed", "s"), "2": ("failed", "s"), "3": ("failed", "t"), "4": ("ok", None), "5": ("failed", "t")}

    lines = separation(truth, found)

    assert "1 failures missed, 1 passing runs called failed" in lines[0]
    assert "adjusted Rand index 1.000" in lines[1]
    assert kept(found, found | {"1": ("failed", "t")}).startswith("3 of 4 failed runs keep their signature (0.750)")


def test_nothing_in_a_run_says_what_is_true_of_it() -> None:
    """Neither the fault nor its name nor the package stands in what is sent; the same number gives the same run."""
    number = next(number for number in range(200) if made(number, 9.0)[1].cause)
    sent, truth = made(number, 9.0)
    again, same = made(number, 9.0)

    assert truth == same
    assert truth.cause is not None
    fault = FAULTS[truth.cause.split()[0]]
    body = sent.SerializeToString()
    for word in (fault.id, fault.name, "benchmarks", "fault", "inject"):
        assert word.encode() not in body
    assert len(ExportTraceServiceRequest.FromString(body).resource_spans) == len(again.resource_spans) == 1
    assert truth.version == "1.1"
