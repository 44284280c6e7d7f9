"""The files for containers and systemd name only what exists: nobody runs them in the tests."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from whyspan_collector.config import Config, load
from whyspan_collector.service import main as collector_main
from whyspan_ui.commands import COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
SETTINGS = {f"WHYSPAN_{name.upper()}" for name in Config.model_fields}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file."""
    read: dict[str, Any] = yaml.safe_load((PACKAGING / "compose.yaml").read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("name", ["compose.yaml", "Dockerfile", "whyspan.service"])
def test_every_setting_module_and_command_exists(name: str) -> None:
    """A setting is one of the collector's, what `python -m` runs is a module, what `whyspan` is asked is a command."""
    text = (PACKAGING / name).read_text(encoding="utf-8")
    assert set(re.findall(r"WHYSPAN_[A-Z_]*[A-Z]", text)) - {"WHYSPAN_NAME"} <= SETTINGS
    modules = re.findall(r'"-m", "([\w.]+)"', text)
    assert all(find_spec(module) for module in modules)
    commands = re.findall(r"bin/whyspan (\w+)", text)
    assert set(commands) <= {command.name for command in COMMANDS}
    assert modules or commands


def test_compose_hangs_together(compose: dict[str, Any]) -> None:
    """Paths, volumes and services it refers to are there; the ports are those of the image and on loopback only."""
    services = compose["services"]
    exposed = set(re.findall(r"^EXPOSE (.+)$", (PACKAGING / "Dockerfile").read_text("utf-8"), re.MULTILINE)[0].split())
    for service in services.values():
        context = PACKAGING / service["build"]["context"]
        assert (context / service["build"]["dockerfile"]).is_file()
        assert {volume.split(":")[0] for volume in service["volumes"]} <= compose["volumes"].keys()
        assert service.get("depends_on", {}).keys() <= services.keys()
        for mode in ("network_mode", "pid"):
            assert service.get(mode, "service:collector").removeprefix("service:") in services
        for port in service.get("ports", ()):
            address, outside, inside = port.split(":")
            assert (address, outside) == ("127.0.0.1", inside)
            assert inside in exposed
    assert exposed == {str(Config().port), str(Config().grpc_port)}


def test_the_image_gets_what_the_wheel_is_built_from() -> None:
    """Nothing the build needs is kept out of its context, and what it copies in has the name it is run by."""
    ignored = (PACKAGING / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert not {"sdk", "collector", "analysis", "ui", "sample_traces", "pyproject.toml", "README.md", "LICENSE"} & {
        *ignored
    }
    assert "[all]" in (PACKAGING / "Dockerfile").read_text(encoding="utf-8")


def test_the_collector_of_the_image_demands_tokens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the image's settings and no tokens it says what to set and does not start; with those of compose they are valid."""
    monkeypatch.setattr("os.umask", lambda _: 0)
    for name, value in re.findall(r"(WHYSPAN_\w+)=(\S+)", (PACKAGING / "Dockerfile").read_text(encoding="utf-8")):
        monkeypatch.setenv(name, str(tmp_path) if name == "WHYSPAN_DATA" else value)
    assert collector_main([]) == 2
    assert "WHYSPAN_INGEST_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("WHYSPAN_INGEST_TOKEN", "i" * 64)
    monkeypatch.setenv("WHYSPAN_READ_TOKEN", "r" * 64)
    monkeypatch.setenv("WHYSPAN_HOSTS", "collector")
    assert load().hosts == ("collector",)
