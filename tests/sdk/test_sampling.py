"""Of sampled runs those that matter are all sent, whole."""

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import whyspan
from whyspan import Sampling, runtime, sampling
from whyspan.delivery import Delivery
from whyspan.losses import Losses
from whyspan.outlets import ExporterOutlet
from whyspan.sampling import Sampler
from whyspan.testing import capture


def sent_by(work: Callable[[], None], chosen: Sampling) -> tuple[list[str], dict[str, int]]:
    """Names of the spans that are sent, and what was lost."""
    exporter, losses = InMemorySpanExporter(), Losses()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(delivery := Delivery(ExporterOutlet(exporter, losses), lambda s: s, losses, chosen))
    previous = runtime.use(provider.get_tracer("whyspan"))
    try:
        work()
    finally:
        runtime.use(previous)
    delivery.force_flush()
    names = [span.name for span in exporter.get_finished_spans()]
    provider.shutdown()
    return names, dict(losses.attributes())


def good() -> None:
    with whyspan.agent("good"), whyspan.tool("search"), whyspan.decision("Now?") as d:
        d.choose("yes", confidence=0.9)


def failed() -> None:
    with whyspan.agent("failed"), whyspan.tool("search"):
        pass

    @whyspan.agent("failed")
    def fail() -> None:
        with whyspan.tool("before"):
            pass
        raise KeyError

    with pytest.raises(KeyError):
        fail()


def unsure() -> None:
    with whyspan.agent("unsure"), whyspan.decision("Now?") as d:
        d.choose("yes", confidence=0.2)


def checked() -> None:
    with whyspan.agent("checked"):
        whyspan.outcome(ok=False, check="refund matches")


def test_what_matters_is_kept() -> None:
    """Runs that failed, were unsure or did not pass a check are sent from their first span on, others counted."""
    nothing = Sampling(rate=0)

    assert sent_by(good, nothing) == ([], {"whyspan.lost.sampled_out": 3})
    assert sent_by(failed, nothing)[0] == ["execute_tool before", "invoke_agent failed"]
    assert sent_by(unsure, nothing)[0] == ["decision", "invoke_agent unsure"]
    assert sent_by(checked, nothing)[0] == ["invoke_agent checked"]


@pytest.mark.parametrize(("verdict", "kept"), [("block", True), ("change", True), ("pass", False)])
def test_guarded_runs_are_kept(verdict: Any, kept: bool) -> None:
    """A run in which a guard stopped or changed something is sent, not one in which all guards were content."""

    def guarded() -> None:
        with whyspan.agent("guarded"), whyspan.tool("search"), whyspan.guard("limit") as guard:
            guard.decide(verdict)

    assert bool(sent_by(guarded, Sampling(rate=0))[0]) is kept


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of runs that do not end so many spans wait, and no more: the run that waited longest is sent, nothing is lost."""
    monkeypatch.setattr(sampling, "_HELD_SPANS", 10)
    sampler = Sampler(Sampling(rate=0), losses := Losses())
    with capture() as captured:
        for number in range(5):
            with whyspan.agent(f"a{number}"):
                for _ in range(4):
                    with whyspan.tool("t"):
                        pass
    unfinished = [span for span in captured.spans if span.parent is not None]
    sent = [span for span in unfinished for span in sampler.sift([span])]

    assert len(sent) == 12
    assert len(sent) + len(sampler.rest()) == 20
    assert losses.attributes() == {}


@pytest.mark.parametrize("rate", ["0.5", None, float("nan"), -3, []])
def test_a_share_that_is_none(rate: Any) -> None:
    """A share that makes no sense is reported, and everything is sent."""
    names, losses = sent_by(good, Sampling(rate=rate, slow_seconds="soon", unsure=None))  # type: ignore[arg-type]

    assert (len(names), losses) == (3, {})


def test_slow_runs_are_kept() -> None:
    """How long is slow is for the program to say."""
    assert sent_by(good, Sampling(rate=0, slow_seconds=0))[0] != []
    assert sent_by(good, Sampling(rate=0, slow_seconds=3600))[0] == []


def test_a_share_is_kept() -> None:
    """About the share that was asked for, each run whole or not at all; everything by default."""

    def many() -> None:
        for _ in range(400):
            good()

    names, losses = sent_by(many, Sampling(rate=0.25))
    assert 40 < names.count("invoke_agent good") < 170
    assert len(names) == 3 * names.count("invoke_agent good")
    assert losses["whyspan.lost.sampled_out"] == 1200 - len(names)
    assert len(sent_by(many, Sampling())[0]) == 1200


def test_an_unfinished_run_is_kept() -> None:
    """A run that has not ended when the process does is sent as far as it came."""
    exporter, losses = InMemorySpanExporter(), Losses()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Delivery(ExporterOutlet(exporter, losses), lambda s: s, losses, Sampling(rate=0)))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("root"):
        tracer.start_span("child").end()
        exporter.shutdown = lambda: None  # type: ignore[method-assign]
        provider.shutdown()

    assert [span.name for span in exporter.get_finished_spans()] == ["child"]
