"""A recorded failure, replayed: calls are answered from the tape, and the rule says whether it happens again."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from threading import Thread
from typing import Any

import pytest

import whyspan
from whyspan.testing import RecordedError, ReplayVerdict, WrongTape, replay

DONE: list[str] = []
TAPE: dict[str, Any] = {
    "schema": "whyspan.tape/1",
    "run_id": "4bf92f35",
    "diagnosis": "The refund was too large.",
    "agent": "support",
    "ours": True,
    "given": {"task": "Refund order o-17.", "amount": 400},
    "rule": {
        "id": "no-large-refund",
        "kind": "absence",
        "a": 'e.name == "refund" && e.args.amount > 100',
        "scope": {"agent": "support", "on": ["call"]},
        "message": "Too much.",
    },
    "decisive": {"step": 3, "kind": "call", "name": "refund", "says": "refund(amount=400)"},
    "calls": [
        {"step": 1, "name": "find", "arguments": {"order": "o-17"}, "returned": True, "result": {"total": 40}},
        {"step": 2, "name": "policy", "arguments": {}, "returned": True, "error": {"type": "TimeoutError", "message": "slow"}},
        {"step": 3, "name": "refund", "arguments": {"amount": 400}, "effect": "irreversible", "ours": True},
    ],
    "answers": [],
}  # fmt: skip


@whyspan.tool(effect="pure-read")
def find(order: str) -> dict[str, int]:
    """An order."""
    DONE.append(f"find {order}")
    return {"total": 41}


@whyspan.tool(effect="pure-read")
def policy() -> str:
    """What may be refunded."""
    DONE.append("policy")
    return "all"


@whyspan.tool(effect="irreversible")
def refund(amount: int) -> str:
    """Pays."""
    DONE.append(f"refund {amount}")
    return "done"


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    DONE.clear()


def agent(act: Callable[[int], object]) -> Callable[..., object]:
    """An agent that does this."""

    @whyspan.agent("support")
    def support(task: str, amount: int) -> object:
        return act(amount)

    return support


def _old(amount: int) -> str:
    assert find("o-17") == {"total": 40}
    with pytest.raises(TimeoutError, match="slow"):
        policy()
    return refund(amount)


@pytest.mark.parametrize(
    ("act", "verdict", "why"),
    [
        (_old, "broken", "happened again: refund(amount=400)"),
        (lambda _: refund(find("o-17")["total"]), "kept", "now does refund(amount=40) instead"),
        (lambda _: f"ask a person, {find('o-17')}", "kept", "ran to its end"),
        (lambda _: "sorry, no network", "unknown", "used nothing that was recorded"),
        (lambda _: refund(find("o-18")["total"]), "unknown", "the nearest recorded call is find(order="),
    ],
)
def test_how_a_replay_ends(act: Callable[[int], object], verdict: str, why: str) -> None:
    """Red on what was recorded, green on another refund or none, neither on what nobody knows; nothing is really done."""
    with replay(TAPE) as run:
        run.start(agent(act))

    assert run.verdict == verdict
    assert run.kept is (verdict == "kept")
    assert why in str(run).splitlines()[0]
    assert "rule no-large-refund: Too much." in str(run)
    assert DONE == []


def test_reads_and_stand_ins() -> None:
    """What was never recorded may be read for real, or said by a function; a tool that changes something stands in for none."""
    with replay(TAPE, reads=True) as run:
        run.start(agent(lambda _: refund(find("o-18")["total"])))
    assert (run.kept, DONE) == (True, ["find o-18"])

    with replay(TAPE, tools={"find": lambda order: {"total": 400}}) as run:
        run.start(agent(lambda _: refund(find("o-18")["total"])))
    assert run.verdict is ReplayVerdict.BROKEN

    with pytest.raises(ValueError, match="stands in"), replay(TAPE, tools={"refund": refund}) as run:
        run.start(agent(lambda _: refund(40)))
    assert DONE == ["find o-18"]


def test_the_agents_own_guard_comes_first() -> None:
    """A call that the agent's guard blocks did not happen; what the model would have said then nobody knows, and need not."""
    with replay(TAPE) as run, whyspan.guard(rules=[TAPE["rule"] | {"status": "active"}]):
        run.start(agent(_old))

    assert run.kept
    assert "the rule no-large-refund did not let it happen" in str(run)


def test_nothing_slips_out_of_a_replay() -> None:
    """Threads, coroutines, generators and `with` blocks: what changes something is not done in any of them."""

    @whyspan.tool("refund", effect="irreversible")
    async def later(amount: int) -> AsyncGenerator[int]:
        DONE.append("later")
        yield amount

    async def consume(amount: int) -> None:
        async for _ in later(amount):
            pass

    def block(amount: int) -> None:
        with whyspan.tool("refund", effect="irreversible", arguments={"amount": amount - 399}):
            DONE.append("block")

    def threaded(amount: int) -> None:
        def target() -> None:
            with pytest.raises(BaseException, match="happened again"):
                refund(amount)

        thread = Thread(target=target)
        thread.start()
        thread.join()

    for act in (lambda amount: asyncio.run(consume(amount)), threaded):
        rule = TAPE["rule"] | {"scope": {"on": ["call"]}}  # a thread of its own is in no agent
        with replay(TAPE | {"rule": rule}) as run:
            run.start(agent(act))
        assert run.verdict is ReplayVerdict.BROKEN
    with replay(TAPE) as run:
        run.start(agent(block))
    assert run.verdict is ReplayVerdict.UNKNOWN
    assert "cannot replace" in str(run)
    assert DONE == []


def test_an_agents_own_error_is_its_own() -> None:
    """An exception that has nothing to do with the replay comes through; what a tape names is never imported."""
    with pytest.raises(KeyError), replay(TAPE) as run:
        run.start(agent(lambda _: {}["nothing"]))
    assert run.verdict is ReplayVerdict.UNKNOWN

    error = {"type": "os.system", "message": "rm"}
    call = {"step": 1, "name": "find", "arguments": {"order": "o-17"}, "returned": True, "error": error}
    with replay(TAPE | {"calls": [call]}), pytest.raises(RecordedError, match=r"os\.system: rm"):
        find("o-17")

    with pytest.raises(WrongTape, match="schema"), replay({"schema": "other"}):
        pass
