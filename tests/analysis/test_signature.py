"""Signatures: one cause has one, whatever run, day or machine it is seen in; other causes have others."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from whyspan_analysis.circumstances import circumstances, input_length, version
from whyspan_analysis.detectors import DETECTORS
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.families import FAMILY_OF
from whyspan_analysis.load import assemble
from whyspan_analysis.model import Run
from whyspan_analysis.signature import UNKNOWN_TOOL, Signature, signature

GOLDEN = Signature(
    "raised", "tools", "tool_error", "tool", "refunds", "refund", "HTTP 503 from <*>", None, None, "tool"
)


def refunded(script: Any, order: str, *, error: str = "", tool: str = "refund", agent: str = "refunds") -> Any:
    """A run that looks an order up and pays it back; `error` is what paying answers, and the check then fails."""
    run = script(f"Refund order {order}", ["find_order", tool], attributes={"gen_ai.agent.version": "2.1"})
    run.agent = agent
    run.turn("find_order", {"order": order}, {"order": order, "total": 12.5})
    run.turn(tool, {"order": order}, {"ok": True}, error=error or None)
    run.answer(f"Order {order} has been paid back." if not error else f"I could not refund {order}.")
    run.check(
        ok=not error, check="the order was refunded", detail=f"expected {order}, found nothing" if error else None
    )
    return run


def signed(written: Any) -> Signature | None:
    """The signature of a run that was written down."""
    run = written.run()
    return signature(run, diagnose(run))


def test_the_same_cause_has_the_same_signature_whatever_the_values(script: Any) -> None:
    """Another order, another waiting time, other ids: the same cause."""
    one = signed(refunded(script, "o-1812", error="HTTP 503 from 10.0.0.7:8080, retry after 12 s"))
    other = signed(refunded(script, "o-77", error="HTTP 503 from 10.0.0.9:8080, retry after 3 s"))

    assert one is not None
    assert one == other
    assert one.id == other.id
    assert (one.detector, one.tool, one.agent) == ("tool_error", "refund", "refunds")


def test_another_cause_has_another_signature(script: Any) -> None:
    """Another error, tool or agent is another cause."""
    ids = {
        signed(refunded(script, "o-1", error="HTTP 503 from 10.0.0.7")).id,  # type: ignore[union-attr]
        signed(refunded(script, "o-1", error="HTTP 429 from 10.0.0.7")).id,  # type: ignore[union-attr]
        signed(refunded(script, "o-1", error="HTTP 503 from 10.0.0.7", tool="pay")).id,  # type: ignore[union-attr]
        signed(refunded(script, "o-1", error="HTTP 503 from 10.0.0.7", agent="clerk")).id,  # type: ignore[union-attr]
    }

    assert len(ids) == 4


def test_made_up_tools_are_one_cause(script: Any) -> None:
    """An agent that makes tools up makes up another one each time; a tool that code called without offering it keeps its name."""

    def made_up(tool: str, error: str | None) -> Signature | None:
        run = script("Refund order o-1", ["refund"])
        run.turn(tool, {"order": "o-1"}, {"ok": True}, error=error)
        run.turn("refund", {"order": "o-1"}, error="HTTP 503")
        run.answer("I could not refund it.")
        run.check(ok=False)
        return signed(run)

    unknown = [made_up(f"refund_{suffix}", f"there is no tool 'refund_{suffix}'") for suffix in ("v2", "all", "now")]
    assert len({each.id for each in unknown if each}) == 1
    assert unknown[0] is not None
    assert "refund_v2" not in str(unknown[0])


def test_a_run_that_did_not_fail_has_none(script: Any) -> None:
    """Signatures are of failures."""
    assert signed(refunded(script, "o-1")) is None


def test_the_id_is_the_same_in_every_process() -> None:
    """It depends on the parts and the scheme alone: these twelve digits must never change within a scheme."""
    program = f"from whyspan_analysis.signature import Signature; print({GOLDEN!r}.id)"
    printed = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    assert {*printed, GOLDEN.id} == {"425adf8a2470"}
    assert {name for name in GOLDEN.__slots__ if replace(GOLDEN, **{name: "x"}).id == GOLDEN.id} == {"family"}


def test_order_of_arrival_does_not_matter(sample_run: Callable[[str], Run]) -> None:
    """The spans of a recorded run in another order give the same signature."""
    run = sample_run("openai-agents__openinference__hallucinated_tool")
    spans = run.spans[:]
    Random(3).shuffle(spans)
    again = assemble(run.run_id, spans, run.logs)

    found = signature(run, diagnose(run))
    assert found is not None
    assert found == signature(again, diagnose(again))
    assert found.tool == UNKNOWN_TOOL


def test_without_a_cause_only_how_it_failed_counts(script: Any) -> None:
    """Where no detector found anything, the place that is looked at first is no part of the signature, nor what the check found."""

    def run(steps: int, detail: str) -> Any:
        written = script("Count the boxes.", ["count"])
        for number in range(steps):
            written.turn("count", {"shelf": f"shelf {number}"}, {"shelf": f"shelf {number}", "boxes": number + 4})
        written.answer("Done.")
        written.check(ok=False, check="the boxes were counted", detail=detail)
        return written

    one, other = signed(run(2, "two are missing")), signed(run(4, "one is missing"))

    assert one is not None
    assert one == other
    assert (one.detector, one.kind, one.error) == (None, None, "the boxes were counted")


def test_every_detector_has_a_family() -> None:
    """A new detector belongs to one of the families (`families.py`)."""
    assert {detector.name for detector in DETECTORS} - FAMILY_OF.keys() == set()


def test_circumstances_tell_versions_apart(script: Any) -> None:
    """Recorded versions are kept; a changed tool or instruction shows in its fingerprint, a changed task does not."""

    def run(order: str, *, description: str = "Pays back.", instructions: str = "Be kind.") -> Run:
        written = script(
            f"Refund order {order}",
            [{"name": "refund", "description": description}],
            attributes={
                "gen_ai.agent.version": "2.1",
                "whyspan.run.versions": json.dumps({"prompt": "v7"}),
            },
        )
        written._conversation.insert(0, {"role": "system", "parts": [{"type": "text", "content": instructions}]})
        written.turn("refund", {"order": order}, {"ok": True})
        return written.run()  # type: ignore[no-any-return]

    first = circumstances(run("o-1"))
    assert {(each.name, each.value) for each in first} >= {("prompt version", "v7")}
    assert circumstances(run("o-22")) == first
    for changed in (run("o-1", description="Pays money back."), run("o-1", instructions="Be quick.")):
        assert len(set(circumstances(changed)) - set(first)) == 1
    assert version(run("o-1")) == "2.1"
    assert input_length(run("o-1")) == len("Refund order o-1")
