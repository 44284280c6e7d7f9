"""`whyspan up`, and the other commands while it runs."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from whyspan_ui.cli import main
from whyspan_ui.samples import folder_of_samples

SAMPLE = folder_of_samples() / "openai-agents__openinference__hallucinated_tool"


def test_commands_work_through_the_running_collector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While `up` holds the store, import, why, doctor and report work, the report links into the dashboard, SIGTERM stops all."""
    data = ["--data", str(tmp_path / "data")]
    with subprocess.Popen(
        [sys.executable, "-m", "whyspan_ui.cli", "up", "--port", "0", "--grpc-port", "0", "--ui-port", "0", *data],
        stdout=subprocess.PIPE,
        text=True,
    ) as up:
        try:
            assert up.stdout is not None
            addresses = dict(line.split()[:2] for line in iter(up.stdout.readline, "Ctrl-C stops everything.\n"))

            announced = json.loads((tmp_path / "data" / "collector.json").read_text())
            assert [announced["url"], f"http://{announced['grpc']}"] == [addresses["collector"], addresses["gRPC"]]
            assert main(["import", str(SAMPLE), *data]) == 0
            capsys.readouterr()
            assert main(["why", "--all", "--json", *data]) == 0
            assert json.loads(capsys.readouterr().out)["outcome"]["status"] == "failed"
            assert main(["doctor", "--json", *data]) == 0
            findings = json.loads(capsys.readouterr().out)
            assert (findings["collector"], findings["dashboard"]) == (addresses["collector"], addresses["dashboard"])
            assert main(["report", "--format", "json", *data]) == 0
            (cause,) = json.loads(capsys.readouterr().out)["causes"]
            assert cause["examples"][0]["url"].startswith(addresses["dashboard"] + "/investigate?run=")
            assert main(["up", *data]) == 2
            assert "a collector already serves" in capsys.readouterr().err

            started = psutil.Process(up.pid).children(recursive=True)
            up.send_signal(signal.SIGTERM)
            assert up.wait(timeout=60) == 0
            assert psutil.wait_procs(started, timeout=10)[1] == []
        finally:
            up.kill()
    assert main(["runs", "--json", *data]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 1


def test_a_taken_port_is_told_with_the_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When somebody listens on the port, `up` says so and how to choose another, and starts nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main(["up", "--port", str(port), "--data", str(tmp_path / "data")]) == 2

    complained = capsys.readouterr().err
    assert f"port {port} is taken" in complained
    assert "--port" in complained
    assert not (tmp_path / "data").exists()
