"""Rules in the agent: what is let through, what is not, and that the guard sees what the analysis sees."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import whyspan
from benchmarks.faults import generate
from benchmarks.faults.agents import refunds, travel
from benchmarks.faults.agents.agent import Agent
from benchmarks.faults.fault import FAULTS
from benchmarks.faults.recording import record
from benchmarks.faults.running import execute
from whyspan import faults
from whyspan.rules.cel import RuleError
from whyspan.rules.evaluation import evaluate
from whyspan.rules.rule import compile_rule, rule_from
from whyspan.testing import capture
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.rules.stream import events

assert generate  # importing it fills FAULTS


def rule(a: str, rule_id: str = "the-rule", **more: Any) -> dict[str, Any]:
    """A rule against calls of which this is true."""
    return {"id": rule_id, "kind": "absence", "a": a, "scope": {"on": ["call"]}, "message": "Not so.", **more}


@whyspan.tool(effect="irreversible")
def pay(amount: float) -> str:
    """Pays."""
    return f"paid {amount}"


def test_a_blocked_call_never_happened() -> None:
    """The tool does not run, its span ends in error, the verdict is a span inside it, and rules do not count the call."""
    rules = [rule("e.args.amount > 10.0"), rule('count("pay") >= 1', "pay-once")]

    with capture() as captured, whyspan.agent("shop"), whyspan.guard(rules=rules):
        with pytest.raises(whyspan.GuardBlocked, match=r"pay was not carried out: Not so\. \(rule the-rule\)"):
            pay(40.0)
        assert pay(4.0) == "paid 4.0"
        with pytest.raises(whyspan.GuardBlocked, match="pay-once"):
            pay(4.0)

    tool, verdict = (
        next(s for s in captured.spans if s.name == name) for name in ("execute_tool pay", "guard the-rule")
    )
    assert tool.attributes is not None
    assert "gen_ai.tool.call.result" not in tool.attributes
    assert tool.attributes["error.type"] == "whyspan.enforcement.GuardBlocked"
    assert verdict.parent is not None
    assert tool.context is not None
    assert verdict.parent.span_id == tool.context.span_id
    assert verdict.attributes is not None
    assert (verdict.attributes["whyspan.guard.verdict"], verdict.attributes["whyspan.guard.action"]) == (
        "block",
        "block",
    )
    assert json.loads(str(verdict.attributes["whyspan.guard.checked"])) == {
        "event": "call",
        "name": "pay",
        "args": {"amount": 40.0},
    }


def test_every_form_of_a_tool_is_guarded() -> None:
    """Coroutines, generators and `with` blocks are stopped like plain functions."""
    ran: list[str] = []

    @whyspan.tool
    async def later(x: int) -> None:
        ran.append("later")

    @whyspan.tool
    def some(x: int) -> Iterator[int]:
        ran.append("some")
        yield x

    @whyspan.tool
    async def some_later(x: int) -> AsyncIterator[int]:
        ran.append("some_later")
        yield x

    async def drain() -> None:
        async for _ in some_later(1):
            pass

    with capture(), whyspan.guard(rules=[rule("true")]):
        for call in (lambda: asyncio.run(later(1)), lambda: list(some(1)), lambda: asyncio.run(drain())):
            with pytest.raises(whyspan.GuardBlocked):
                call()
        with pytest.raises(whyspan.GuardBlocked), whyspan.tool("block", arguments={}):
            ran.append("block")

    assert ran == []


def test_results_and_errors_can_be_kept_from_the_agent() -> None:
    """Where a rule forbids a result the program gets words for its model; the call counts as made, and its span says what it gave."""
    on = {"scope": {"on": ["result"]}}
    unusable = rule('blank() || e.error_type == "KeyError"', **on)

    @whyspan.tool(effect="pure-read")
    def find(what: str) -> list[str]:
        return [] if what == "nothing" else [{"a": "b"}[what]]

    @whyspan.tool
    def stream(items: list[str]) -> Iterator[str]:
        yield from items

    with capture() as captured, whyspan.agent("shop"):
        with whyspan.guard(rules=[rule('e.name == "pay" || e.name == "stream"', **on)]):
            with pytest.raises(whyspan.GuardBlocked, match=r"the result of pay was not handed on: Not so\."):
                pay(4.0)
            with pytest.raises(whyspan.GuardBlocked):
                list(stream(["x"]))
        with whyspan.guard(rules=[unusable]):
            with pytest.raises(
                whyspan.GuardBlocked, match=r"the error of find \('c'\) was not handed on: Not so\."
            ) as raised:
                find("c")
            with pytest.raises(whyspan.GuardBlocked, match="the result of find"), whyspan.tool("find") as block:
                block.set_result({"hits": []})
            assert find("a") == ["b"]

    assert isinstance(raised.value.__context__, KeyError)
    ended = [(s.name, (s.attributes or {}).get("error.type")) for s in captured.spans if s.name.startswith("execute")]
    assert ended == [("execute_tool pay", None), ("execute_tool stream", None), ("execute_tool find", "KeyError"),
                     ("execute_tool find", None), ("execute_tool find", None)]  # fmt: skip


def test_answers_handoffs_and_tools_that_do_not_exist_can_be_stopped() -> None:
    """What has not happened yet can be prevented, whatever it is."""
    rules = [
        rule("!offered()", "offered"),
        rule('e.text.contains("secret")', "secrets", scope={"on": ["answer"]}),
        rule('e.name == "stranger"', "strangers", scope={"on": ["handoff"]}),
    ]
    call = {"function": {"name": "refnd", "arguments": {}}, "id": "1"}

    with capture(), whyspan.guard(rules=rules), whyspan.agent("shop", task="x") as run:
        with pytest.raises(whyspan.GuardBlocked, match="the handoff to stranger"), whyspan.handoff("stranger"):
            pass
        with (
            whyspan.model_call("m", tools=[{"name": "refund"}]) as model,
            pytest.raises(whyspan.GuardBlocked, match="refnd"),
        ):
            model.respond({"content": None, "tool_calls": [call]}, finish_reason="tool_call")
        with pytest.raises(whyspan.GuardBlocked, match="the answer"):
            run.set_result("the secret is out")


def test_candidates_and_shadow_rules_stop_nothing(tmp_path: Path) -> None:
    """From a file only active rules are enforced; shadow rules leave a span that says what they would have done."""
    path = tmp_path / "rules.json"
    statuses = ("candidate", "shadow")
    path.write_text(json.dumps({"rules": [rule("true", status, status=status) for status in statuses]}))

    with capture() as captured, whyspan.guard(rules=path) as guard:
        assert pay(4.0) == "paid 4.0"

    assert guard.rules == ("shadow",)
    (verdict,) = (span for span in captured.spans if span.name.startswith("guard "))
    assert verdict.attributes is not None
    assert (verdict.attributes["whyspan.guard.verdict"], verdict.attributes["whyspan.guard.action"]) == (
        "pass",
        "shadow",
    )


def test_what_cannot_be_checked_is_let_through_unless_the_rule_says_otherwise() -> None:
    """A predicate without an answer blocks only where `unchecked: block` is set."""
    open_rule = rule("e.args.limit > 1")
    closed = rule("e.args.limit > 1", "closed", action={"guard": "warn", "unchecked": "block"})

    with whyspan.guard(rules=[open_rule]):
        assert pay(4.0) == "paid 4.0"
    with whyspan.guard(rules=[closed]), pytest.raises(whyspan.GuardBlocked, match=r"could not be checked.*closed"):
        pay(4.0)


def test_a_failure_of_ours_opens_open_rules_and_closes_closed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the evaluation itself fails the agent goes on, unless a rule in scope fails closed."""

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(faults, "RAISE", False)
    monkeypatch.setattr("whyspan.rules.evaluation.Evaluation.consider", broken)

    with whyspan.guard(rules=[rule("false")]):
        assert pay(4.0) == "paid 4.0"
    with whyspan.guard(rules=[rule("false", action={"unchecked": "block"})]), pytest.raises(whyspan.GuardBlocked):
        pay(4.0)


def test_rules_that_come_too_late_are_skipped_except_closed_ones() -> None:
    """Without time left an open rule is skipped and a closed one still holds."""
    with whyspan.guard(rules=[rule("true")], seconds=-1.0):
        assert pay(4.0) == "paid 4.0"
    closed = rule("true", action={"unchecked": "block"})
    with whyspan.guard(rules=[closed], seconds=-1.0), pytest.raises(whyspan.GuardBlocked):
        pay(4.0)


def test_rules_of_the_collector_are_kept_for_when_it_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A guard asks the collector once; later, without it, it uses the copy and says so."""

    class Collector(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"rules": [rule("true", status="active")]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url, copy = f"http://127.0.0.1:{server.server_port}", tmp_path / "rules.json"
    try:
        assert whyspan.guard(rules=url, copy=copy).rules == ("the-rule",)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    with caplog.at_level(logging.WARNING, "whyspan"):
        assert whyspan.guard(rules=url, copy=copy).rules == ("the-rule",)
        assert whyspan.guard(rules=url).rules == ()
    assert [("are used" in m, "nothing is guarded" in m) for m in caplog.messages] == [(True, False), (False, True)]


def test_rules_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    """A guard with a wrong rule is not made: an agent must not believe itself guarded."""
    path = tmp_path / "rules.json"
    path.write_text("{}")

    with pytest.raises(RuleError, match="did you mean 'name'"):
        whyspan.guard(rules=[rule("e.nme == 'x'")])
    with pytest.raises(RuleError, match="a list under `rules` is missing"):
        whyspan.guard(rules=path)


OF_EVERY_KIND = [
    {**rule(a, f"rule-{number}", action={"guard": "allow"}), "scope": {"on": ["call", "result", "answer"]}}
    for number, a in enumerate(
        [
            'size(invented("args")) > 0',
            "repeats() >= 1",
            'schema_error() != ""',
            "!offered()",
            "size(failed_changes()) > 0",
            "size(partial()) > 0",
            'finish() == "length"',
            'e.error_type != "" && e.error_type != "TimeoutError"',
            "blank()",
            'e.kind == "answer" && size(invented("text")) > 0',
            'count("refund") > 0 && e.effect == "external"',
        ]
    )
]


@pytest.mark.parametrize("fault_id", ["F01", "F04", "F14", "F25", "F29", "F30", "F31", "F32"])
@pytest.mark.parametrize("agent", [refunds.AGENT, travel.AGENT], ids=lambda agent: agent.name)
def test_the_guard_sees_what_the_analysis_sees(agent: Agent, fault_id: str) -> None:
    """While a run happens the same rules are broken by the same calls as when it is read back from its spans."""
    fault = FAULTS[fault_id]
    clean = execute(agent, 0)
    targets = [op.index for op in clean.ops if op.kind in fault.on]
    seen = 0
    for target in targets[-6:]:
        with whyspan.guard(rules=OF_EVERY_KIND, seconds=60.0):
            executed = execute(agent, 0, fault, target)
        verdicts = [span for span in executed.spans if span.name.startswith("guard ")]
        live = [(span.name.removeprefix("guard "), _checked(span)) for span in verdicts]
        others = [span for span in executed.spans if span not in verdicts]
        stream = events(build_case(record(others, 0, "sdk", outcome=True)))
        stored = [
            (violation.rule.rule.id, violation.event.name)
            for violation in evaluate([compile_rule(rule_from(each)) for each in OF_EVERY_KIND], stream)
            if violation.event is not None
        ]
        assert live == stored
        seen += len(live)
    assert seen or fault_id == "F04"  # the agent that books flights reads no pages


def _checked(span: Any) -> str:
    return str(json.loads(span.attributes["whyspan.guard.checked"])["name"])
