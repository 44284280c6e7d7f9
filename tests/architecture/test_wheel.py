"""The wheel, installed alone: the base install traces, and the command line says what is missing."""

import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from whyspan_ui.commands import COMMANDS

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv") or str(ROOT / ".tools/bin/uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def base_install(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel and the dependencies of the base install, nothing else."""
    if not Path(UV).exists():
        pytest.skip("uv is needed to make an environment; `make setup` brings it")
    environment = tmp_path_factory.mktemp("base") / "venv"
    subprocess.run([UV, "venv", "--quiet", "--offline", "--python", sys.executable, environment], check=True)
    python = environment / "bin/python"
    subprocess.run([UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel], check=True)
    link_base_dependencies(next(environment.glob("lib/python*/site-packages")))
    return environment / "bin"


def link_base_dependencies(site_packages: Path) -> None:
    """Puts what `pip install whyspan` would bring into the environment, by links, because tests have no network."""
    wanted, seen = ["whyspan"], set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        # With a marker it belongs to an extra or to another platform.
        plain = (requirement for requirement in metadata.requires(name) or [] if ";" not in requirement)
        wanted += re.findall(r"^[\w.-]+", "\n".join(plain), flags=re.MULTILINE)
    for name in seen - {"whyspan"}:
        for file in metadata.files(name) or []:
            top = file.parts[0]
            link = site_packages / top
            if top not in {"..", "__pycache__"} and not link.exists():
                link.symlink_to(Path(str(metadata.distribution(name).locate_file(top))))


def test_base_install_traces_with_opentelemetry_only(base_install: Path) -> None:
    """After `pip install whyspan` a decision is traced, and no package of the platform is there to help."""
    program = """
import importlib.util, whyspan, whyspan.testing
assert not any(importlib.util.find_spec(name) for name in ("duckdb", "pydantic", "streamlit", "rich", "polars"))
with whyspan.testing.capture() as captured:
    with whyspan.decision("refund or replace?", options=["refund", "replace"]) as decision:
        decision.choose("refund", because="the policy allows it")
print(captured.decisions[0].choice)
"""

    ran = subprocess.run([base_install / "python", "-c", program], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, "refund", "")


def test_base_install_shows_help(base_install: Path) -> None:
    """`whyspan --help` works in the base install."""
    ran = subprocess.run([base_install / "whyspan", "--help"], capture_output=True, text=True, check=False)

    assert ran.returncode == 0
    assert all(command.summary.split(",")[0].split()[0] in ran.stdout for command in COMMANDS)


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_base_install_names_the_missing_extra(base_install: Path, name: str) -> None:
    """In the base install every command ends with status 2 and the line that installs what it needs."""
    ran = subprocess.run([base_install / "whyspan", name], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert "pip install 'whyspan[all]'" in ran.stderr
    assert re.search(r"the extra '(collector|analysis|ui|mcp)'", ran.stderr)
    assert "Traceback" not in ran.stderr


def test_wheel_carries_what_the_code_reads(wheel: Path) -> None:
    """Sample runs, SQL, the report's page and the type markers are in the wheel."""
    names = zipfile.ZipFile(wheel).namelist()

    for pattern in (
        r"whyspan_ui/sample_traces/.+/001\.",
        r"whyspan_collector/queries/.+\.sql",
        r"whyspan_collector/schema/0001.+\.sql",
        r"whyspan_analysis/report/page\.html\.j2",
        r"whyspan_ui/py\.typed",
        r"whyspan/py\.typed",
    ):
        assert any(re.fullmatch(pattern + ".*", name) for name in names), pattern
