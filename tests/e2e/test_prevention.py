"""A failure that does not come back: from the failed run to the guard that stops the same agent, with nothing in between but the commands."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import whyspan
from whyspan.testing import capture
from whyspan_analysis.batch import diagnose_pending
from whyspan_collector import otlp
from whyspan_collector.store import Store
from whyspan_ui.cli import main

ORDERS = {"c-2041": "o-90317", "c-2042": "o-55108", "c-2043": "o-61220", "c-2044": "o-70431"}
PAID: list[str] = []


@whyspan.tool(effect="pure-read")
def find_order(customer: str) -> dict[str, str]:
    """The latest order of a customer."""
    return {"customer": customer, "order": ORDERS[customer]}


@whyspan.tool(effect="irreversible")
def refund(order: str) -> str:
    """Pays money back, to whoever ordered."""
    PAID.append(order)
    return f"refunded {order}"


@whyspan.agent("support")
def support(task: str, customer: str, *, careless: bool) -> str:
    """Refunds an order; in a hurry it makes the number up, unless somebody tells it not to."""
    offered = [{"name": "find_order"}, {"name": "refund"}]
    heard = [{"role": "user", "content": task}]
    order = "o-12345" if careless else _looked_up(heard, offered, customer)
    try:
        answer = _asked(heard, offered, order)
    except whyspan.GuardBlocked as blocked:
        heard.append({"role": "user", "content": str(blocked)})
        order = _looked_up(heard, offered, customer)
        answer = _asked(heard, offered, order)
    whyspan.outcome(
        ok=order == ORDERS[customer], check="the customer's own order was refunded", detail=f"refunded {order}"
    )
    return answer


def _looked_up(heard: list[dict[str, str]], offered: list[dict[str, str]], customer: str) -> str:
    _says("find_order", {"customer": customer}, heard, offered)
    return find_order(customer)["order"]


def _asked(heard: list[dict[str, str]], offered: list[dict[str, str]], order: str) -> str:
    _says("refund", {"order": order}, heard, offered)
    return refund(order)


def _says(tool: str, arguments: dict[str, str], heard: list[dict[str, str]], offered: list[dict[str, str]]) -> None:
    call = {"id": f"call-{tool}", "function": {"name": tool, "arguments": arguments}}
    with whyspan.model_call("scripted", messages=heard, tools=offered) as model:
        model.respond({"role": "assistant", "content": "", "tool_calls": [call]}, finish_reason="tool_call")


@pytest.fixture
def works(tmp_path: Path) -> Callable[..., str]:
    """Lets the agent work for a customer, stores and diagnoses its run, and gives its answer."""

    def work(customer: str, *, careless: bool, data: Path = tmp_path / "data") -> str:
        with capture() as captured:
            answer = support(f"Refund the latest order of customer {customer}.", customer, careless=careless)
        body = encode_spans(captured.spans).SerializeToString()
        with closing(Store(data)) as store:
            for request in otlp.requests(body, 1 << 26):
                batch = otlp.decode(request.signal, request.body, request.encoding)
                store.ingest(batch.spans, batch.logs, arrived_ns=1)
            diagnose_pending(store)
        return answer

    return work


def test_a_failure_is_stopped_when_it_comes_again(
    works: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The agent fails; a rule is proposed, tested, activated and exported; the same agent is stopped, told why, and does it right."""
    data = str(tmp_path / "data")
    PAID.clear()
    for customer in ("c-2042", "c-2043", "c-2044"):
        works(customer, careless=False)
    works("c-2041", careless=True)
    assert PAID[-1] == "o-12345"

    assert main(["rules", "propose", _failed(data, capsys), "--data", data]) == 0
    proposed = capsys.readouterr().out
    rule = next(line.split()[0] for line in proposed.splitlines() if line.startswith("invented-value"))
    assert "would have stopped 1 of 1 failures in time" in proposed
    assert "would have hit     0 of 3 good runs" in proposed
    assert main(["rules", "test", rule, "--data", data]) == 0
    assert main(["rules", "activate", rule, "--by", "ada", "--data", data]) == 0
    assert main(["rules", "export", "-o", str(tmp_path / "rules.json"), "--data", data]) == 0

    with whyspan.guard(rules=tmp_path / "rules.json"):
        assert works("c-2041", careless=True) == "refunded o-90317"
    assert PAID[-2:] == ["o-12345", "o-90317"]  # the first is that of the failure: the second time it was not paid

    capsys.readouterr()
    assert main(["rules", "broken", "--data", data]) == 0
    broken = capsys.readouterr().out
    assert f"{rule}  active  call refund: " in broken
    assert f"{rule}  stopped in the agent  call refund: " in broken
    main(["why", _failed(data, capsys), "--data", data])
    why = capsys.readouterr().out
    assert "Rules it broke" in why
    assert re.search(r"cannot be undone +refund .*o-12345", why)
    main(["rules", "ledger", "--data", data])
    assert re.search(rf"{rule} +prevented .* 1 / 0 +1 / 0", capsys.readouterr().out)
    main(["incidents", "--json", "--data", data])
    (incident,) = json.loads(capsys.readouterr().out)["incidents"]
    assert incident["prevention"]["state"] == "prevented"
    assert incident["prevention"]["stopped_since"] == 1
    assert main(["verify", "--data", data]) == 0


def _failed(data: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    main(["runs", "--data", data])
    return next(line.split()[0] for line in capsys.readouterr().out.splitlines() if " failed " in line)
