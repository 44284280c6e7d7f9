"""What the documentation shows works: the examples of every public name, and those of the SDK's README."""

import doctest
import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import whyspan
from whyspan.testing import capture

_PUBLIC = [name for name in whyspan.__all__ if not name.startswith("__")]
_OF_THE_PROCESS = {"configure", "flush", "instrument", "shutdown"}
_README = Path(__file__).parents[2] / "sdk" / "README.md"


@pytest.mark.parametrize("name", _PUBLIC)
def test_public_names_are_documented(name: str) -> None:
    """Every public name has a docstring, and every public function an example."""
    assert getattr(whyspan, name).__doc__


def _examples() -> str:
    """The code of all examples that the tests below run."""
    found = doctest.DocTestFinder(recurse=False)
    docstrings = [test for name in _PUBLIC for test in found.find(getattr(whyspan, name), name)]
    return "".join(example.source for test in docstrings for example in test.examples) + "".join(_blocks())


@pytest.mark.parametrize("name", [*_PUBLIC, "capture"])
def test_public_names_have_an_example(name: str) -> None:
    """Every public name, of `whyspan.testing` too, is used in an example that runs."""
    assert re.search(rf"\b{name}\b", _examples())


@pytest.mark.parametrize("name", [name for name in _PUBLIC if name not in _OF_THE_PROCESS])
def test_examples_in_docstrings(name: str) -> None:
    """The examples of the docstrings run and give what they show."""
    with capture():
        for test in doctest.DocTestFinder(recurse=False).find(getattr(whyspan, name), name, globs=dict(vars(whyspan))):
            assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


@pytest.mark.parametrize("module", ["captured", "replays"])
def test_the_examples_for_tests(module: str) -> None:
    """Those of `whyspan.testing`, which need no other capture around them."""
    found = doctest.testmod(importlib.import_module(f"whyspan.testing.{module}"))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", sorted(_OF_THE_PROCESS))
def test_examples_that_configure(name: str, receiver: Any, run: Any) -> None:
    """Those that set up or end the process run in one of their own."""
    done = run(
        f"""
import contextlib, doctest, whyspan
with contextlib.suppress(ImportError):  # beside one that is imported, instrument() imports no other: those take seconds
    import langchain_core
[test] = doctest.DocTestFinder(recurse=False).find(whyspan.{name}, "{name}", globs=dict(vars(whyspan)))
assert doctest.DocTestRunner().run(test) == (0, len(test.examples))
assert test.examples
""",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/v1/traces",
    )

    assert done.returncode == 0, done.stdout + done.stderr


def _blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", _README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_examples_in_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's Python blocks run one after the other, and what they record can be read back."""
    monkeypatch.setattr(whyspan, "configure", lambda **_: None)
    program: dict[str, object] = {}
    with capture() as captured:
        for block in _blocks():
            exec(compile(block, str(_README), "exec"), program)

    assert {decision.question for decision in captured.decisions} >= {"How do we make this right?"}
    assert captured.outcomes
