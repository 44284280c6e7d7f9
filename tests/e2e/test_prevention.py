"""A failure that does not come back: from the failed run to the guard that stops the same agent, with nothing in between but the commands."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from e2e.refund_desk import PAID, fixed, support
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import whyspan
from whyspan.testing import capture, replay
from whyspan_analysis.batch import diagnose_pending
from whyspan_collector import otlp
from whyspan_collector.store import Store
from whyspan_ui.cli import main


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
    works: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent fails; a rule is proposed, tested, activated and exported; the same agent is stopped, told why, and does it right.

    The test that is made of the failure is red on this agent, green on it under the guard, and green on the fixed one.
    """
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

    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))  # where the agent is imported from
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # those of this environment take two seconds to load
    export = ["test", "export", _failed(data, capsys), "--reads", "--data", data, "--to"]
    assert main([*export, "old", "--agent", "e2e.refund_desk:support"]) == 0
    assert 'code of today it is red: the recorded failure happened again: refund(order="o-12345")' in _said(capsys)
    [tape] = (tmp_path / "old").glob("test_invented_value_*.json")
    with replay(tape) as run, whyspan.guard(rules=tmp_path / "rules.json"):
        run.start(support)
    assert run.kept, str(run)
    with replay(
        tape, reads=True
    ) as run:  # that the file itself is green on a fixed agent shows examples/failure_to_test.py
        run.start(fixed)
    assert run.kept, str(run)
    assert PAID[-2:] == ["o-12345", "o-90317"]  # nobody was paid in a test

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
    done = incident["prevention"]["measures"]
    assert [(each["kind"], each["name"], each["state"]) for each in done if each["state"]] == [
        ("rule", rule, "prevented"),
        ("test", tape.stem, "quiet"),
    ]
    assert main(["verify", "--data", data]) == 0


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, in one line."""
    return " ".join(capsys.readouterr().out.split())


def _failed(data: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    main(["runs", "--data", data])
    return next(line.split()[0] for line in capsys.readouterr().out.splitlines() if " failed " in line)
