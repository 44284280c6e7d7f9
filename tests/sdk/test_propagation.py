"""A run stays one run wherever its work is done."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry.sdk.trace import ReadableSpan

import whyspan
from whyspan import faults
from whyspan.testing import Captured, capture

Receiver = Any
Run = Any


@whyspan.tool
def step(number: int) -> int:
    return number


def only_run(captured: Captured) -> ReadableSpan:
    """The root, once it is certain that every other span is directly below it and in its agent."""
    (root,) = [span for span in captured.spans if span.parent is None]
    for span in captured.spans:
        if span is not root:
            assert span.parent is not None
            assert root.context is not None
            assert span.parent.span_id == root.context.span_id
            assert (span.attributes or {})["gen_ai.agent.name"] == "lead"
    return root


def test_threads() -> None:
    """A thread that is given a propagated function works in the run it was started from."""
    with capture() as captured, whyspan.agent("lead"):
        threads = [threading.Thread(target=whyspan.propagate(step), args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    only_run(captured)
    assert len(captured.spans) == 4


def test_executors() -> None:
    """One propagated function may run many times at once, in threads that serve other runs as well."""
    with ThreadPoolExecutor(3) as pool, capture() as captured:
        with whyspan.agent("lead"):
            assert list(pool.map(whyspan.propagate(step), range(20))) == list(range(20))
            assert pool.submit(whyspan.propagate(step), 20).result() == 20
        pool.submit(step, 21).result()

    roots = [span.name for span in captured.spans if span.parent is None]
    assert sorted(roots) == ["execute_tool step", "invoke_agent lead"]
    assert len(captured.spans) == 23


def test_asyncio() -> None:
    """Tasks, threads started by asyncio, and executors with a propagated function stay in the run."""

    async def work() -> None:
        with whyspan.agent("lead"):
            task = asyncio.create_task(asyncio.to_thread(step, 1))
            loop = asyncio.get_running_loop()
            await asyncio.gather(task, loop.run_in_executor(None, whyspan.propagate(step), 2))

    with capture() as captured:
        asyncio.run(work())

    only_run(captured)
    assert len(captured.spans) == 3


def test_a_coroutine_on_another_loop() -> None:
    """A propagated coroutine function works in its run on the event loop of another thread as well."""

    async def later() -> None:
        step(1)

    with capture() as captured, whyspan.agent("lead"):
        bound = whyspan.propagate(later)
        thread = threading.Thread(target=lambda: asyncio.run(bound()))
        thread.start()
        thread.join()

    only_run(captured)
    assert len(captured.spans) == 2


def test_http() -> None:
    """What a request carries in its headers is continued on the other side, in the same run."""
    with capture() as captured, whyspan.agent("lead", run_id="r-1"):
        headers = {"Accept": "*/*", **whyspan.carrier()}

        def serve() -> None:
            with whyspan.continued({name.title(): text for name, text in headers.items()}), whyspan.agent("remote"):
                pass

        server = threading.Thread(target=serve)
        server.start()
        server.join()

    lead, remote = captured.spans
    assert remote.parent is not None
    assert lead.context is not None
    assert (remote.parent.span_id, remote.parent.is_remote) == (lead.context.span_id, True)
    assert (remote.attributes or {})["whyspan.run.id"] == "r-1"


def test_child_processes(receiver: Receiver, run: Run) -> None:
    """A child process that finds a carrier in its environment takes part in the run."""
    child = f"""
import whyspan
whyspan.configure(service="child", endpoint="{receiver.url}")
with whyspan.agent("worker"):
    pass
"""
    done = run(
        f"""
import os, subprocess, sys, whyspan
whyspan.configure(service="parent", endpoint="{receiver.url}")
with whyspan.agent("lead", run_id="r-1"):
    environment = {{**os.environ, **whyspan.carrier(environment=True)}}
    subprocess.run([sys.executable, "-c", {child!r}], env=environment, check=True)
"""
    )

    assert (done.returncode, done.stderr) == (0, "")
    spans = {span.name: span for _, span in receiver.received if span.end_time_unix_nano}
    lead, worker = spans["invoke_agent lead"], spans["invoke_agent worker"]
    assert (worker.trace_id, worker.parent_span_id) == (lead.trace_id, lead.span_id)
    assert [pair.value.string_value for pair in worker.attributes if pair.key == "whyspan.run.id"] == ["r-1"]


def test_process_pools(receiver: Receiver, run: Run, tmp_path: Path) -> None:
    """Work in a pool's process, which was started before the run was, is given a carrier with it."""
    (tmp_path / "worker.py").write_text(
        f"""
import whyspan
whyspan.configure(service="worker", endpoint="{receiver.url}")
def work(carried, number):
    with whyspan.continued(carried), whyspan.tool("double"):
        return 2 * number
"""
    )
    done = run(
        f"""
import multiprocessing, sys, whyspan
from concurrent.futures import ProcessPoolExecutor
sys.path.insert(0, "{tmp_path}")
from worker import work
whyspan.shutdown()
whyspan.configure(service="parent", endpoint="{receiver.url}")
if __name__ == "__main__":
    with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver")) as pool:
        assert pool.submit(int, 1).result() == 1
        with whyspan.agent("lead"):
            assert pool.submit(work, whyspan.carrier(), 4).result() == 8
"""
    )

    assert (done.returncode, done.stderr) == (0, "")
    spans = {span.name: span for _, span in receiver.received if span.end_time_unix_nano}
    lead, double = spans["invoke_agent lead"], spans["execute_tool double"]
    assert (double.trace_id, double.parent_span_id) == (lead.trace_id, lead.span_id)


def test_constraints_travel(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in force where the carrier was made is in force where it is continued; too much of it is left, and said."""
    with capture() as captured:
        with whyspan.agent("lead", constraints=["never refund twice", "größte Sorgfalt"]):
            headers = whyspan.carrier()
        with whyspan.continued(headers):
            with whyspan.decision("Refund?") as d:
                d.choose("yes")
            with whyspan.agent("remote", constraints=["be brief"]), whyspan.decision("How?") as d:
                d.choose("card")
        monkeypatch.setattr(faults, "_said", set())
        with whyspan.agent("long", constraints=["x" * 5000]), whyspan.continued(whyspan.carrier()):
            pass

    assert [decision.constraints for decision in captured.decisions] == [
        ("never refund twice", "größte Sorgfalt"),
        ("never refund twice", "größte Sorgfalt", "be brief"),
    ]
    assert "too long for a carrier" in caplog.text


@pytest.mark.parametrize("told", ["nonsense", "[", '{"a": 1}', "[1, null]", "[" * 100_000])
def test_constraints_of_somebody_else(told: str) -> None:
    """Baggage that only looks like ours is no obstacle and no constraint."""
    theirs = {"baggage": f"whyspan.run.constraints={quote(told)}"}
    with capture() as captured, whyspan.continued(theirs), whyspan.decision("Refund?") as d:
        d.choose("yes")

    assert captured.decisions[0].constraints == ()


def test_outside_of_a_run() -> None:
    """Nothing to carry is no obstacle, nor is a carrier that makes no sense."""
    assert whyspan.carrier() == {}
    with whyspan.continued({"traceparent": "nonsense", "baggage": "=,=;"}):
        assert whyspan.propagate(len)("abc") == 3
