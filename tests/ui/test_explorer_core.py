"""The explorer's JavaScript core, run by node's own test runner where node is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

EXPLORER = Path(__file__).parents[2] / "ui" / "whyspan_ui" / "assets" / "explorer"
MARKUP_SINKS = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment", "eval(")
TESTS = Path(__file__).parent / "explorer" / "core.test.mjs"


@pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed: the explorer's core is not tested here"
)
def test_the_explorers_core() -> None:
    """Folding, searching, jumping, evidence and formats behave as core.test.mjs says."""
    done = subprocess.run(["node", "--test", TESTS], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", sorted(EXPLORER.glob("*.js")), ids=lambda path: path.name)
def test_the_explorer_sets_text_as_text(script: Path) -> None:
    """No module of the explorer has a way to turn trace text into elements or code."""
    code = "\n".join(line for line in script.read_text().splitlines() if not line.startswith("//"))

    assert [word for word in MARKUP_SINKS if word in code] == []
