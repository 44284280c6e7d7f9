"""The tuple of detectors."""

import pkgutil
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis import detectors
from whyspan_analysis.case import Detector
from whyspan_analysis.detectors import BY_NAME, DETECTORS, detect
from whyspan_analysis.diagnose import build_case


def test_every_module_is_registered_under_its_name() -> None:
    """A detector is found by listing the folder: one module, one detector, one name."""
    assert {module.name for module in pkgutil.iter_modules(detectors.__path__)} == set(BY_NAME)
    assert len(BY_NAME) == len(DETECTORS)


def test_every_detector_has_its_tests_beside_the_others() -> None:
    """No detector goes without a test of what it finds and what it leaves alone."""
    for name in BY_NAME:
        tests = (Path(__file__).parent / f"test_{name}.py").read_text()
        assert f'findings("{name}")' in tests
        assert "assert not" in tests or "recovered" in tests


def test_a_detector_that_raises_is_a_finding_about_itself(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One broken detector costs neither the diagnosis nor the others' findings."""

    def broken(_detector: Detector, _case: object) -> Any:
        raise ZeroDivisionError("oops")

    run = script("Look it up.", ["lookup"])
    run.turn("lookup", {"id": 4417}, error="database is down")
    own = Detector("tool_error", "A tool failed", "cause", 4.0, broken)
    monkeypatch.setattr(detectors, "DETECTORS", (own, *(d for d in DETECTORS if d.name != "tool_error")))
    found = detect(build_case(run.run()))
    assert any("detector tool_error failed" in finding.message and finding.role == "context" for finding in found)
