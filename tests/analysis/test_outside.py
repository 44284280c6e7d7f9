"""What a run changed outside of itself."""

import pytest

import whyspan
from benchmarks.faults.recording import record
from whyspan.testing import capture
from whyspan_analysis.diagnose import build_case
from whyspan_analysis.outside import changes


def test_what_a_run_changed_and_what_of_it_can_be_undone() -> None:
    """Reads and blocked calls are no changes; a failed write may be one; the rest stands in order with what its author declared."""
    never = {"id": "no-gifts", "kind": "absence", "a": 'e.name == "give"', "scope": {"on": ["call"]}}

    with capture() as captured, whyspan.guard(rules=[never]), whyspan.agent("shop", task="x"):
        for name, effect in (
            ("look", "pure-read"),
            ("reserve", "reversible"),
            ("pay", "irreversible"),
            ("write_note", None),
        ):
            with whyspan.tool(name, effect=effect, arguments={"order": 1}) as tool:  # type: ignore[arg-type]
                tool.set_result("done")
        with pytest.raises(whyspan.GuardBlocked), whyspan.tool("give", effect="irreversible", arguments={}):
            pass
        with pytest.raises(TimeoutError), whyspan.tool("send", effect="external", arguments={}):
            raise TimeoutError

    found = changes(build_case(record(captured.spans, 0, "sdk", outcome=True)).actions)
    assert [(change.tool, change.undoing, change.certain) for change in found] == [
        ("reserve", "can be undone", True),
        ("pay", "cannot be undone", True),
        ("write_note", "not declared", True),
        ("send", "reached somebody", False),
    ]
