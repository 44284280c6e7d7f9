"""What the documentation shows works: the examples of every public name, and those of the SDK's README."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import whyspan
from whyspan.testing import capture

_PUBLIC = [name for name in whyspan.__all__ if not name.startswith("__")]
_README = Path(__file__).parents[2] / "sdk" / "README.md"


@pytest.mark.parametrize("name", _PUBLIC)
def test_public_names_are_documented(name: str) -> None:
    """Every public name has a docstring, and every public function an example."""
    public = getattr(whyspan, name)

    assert public.__doc__
    if inspect.isfunction(public):
        assert "Example:" in public.__doc__


_WITH_EXAMPLES = {getattr(whyspan, name).__module__ for name in _PUBLIC} - {"whyspan.configure", "whyspan.semconv"}


@pytest.mark.parametrize(
    "module", [*sorted(_WITH_EXAMPLES - {"whyspan.model", "whyspan.instrument"}), "whyspan.testing"]
)
def test_examples_in_docstrings(module: str) -> None:
    """The examples of the docstrings run and give what they show."""
    with capture():
        failed, attempted = doctest.testmod(importlib.import_module(module))

    assert (failed, attempted > 0) == (0, True)


def test_examples_in_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's Python blocks run one after the other, and what they record can be read back."""
    monkeypatch.setattr(whyspan, "configure", lambda **_: None)
    blocks = re.findall(r"^```python\n(.*?)^```", _README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    program: dict[str, object] = {}
    with capture() as captured:
        for block in blocks:
            exec(compile(block, str(_README), "exec"), program)

    assert {decision.question for decision in captured.decisions} >= {"How do we make this right?"}
    assert captured.outcomes
