"""A tool was called with arguments its schema forbids."""

from typing import Any

import pytest

SCHEMA = {
    "name": "quote",
    "parameters": {
        "type": "object",
        "properties": {"order": {"type": "integer"}, "reason": {"type": "string", "enum": ["damaged", "late"]}},
        "required": ["order"],
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"order": "forty-four"}, "`order` = 'forty-four' where its schema asks for integer"),
        ({"reason": "late"}, "the required argument `order` missing"),
        ({"order": 1, "reason": "mood"}, "`reason` = 'mood', which is not one of 'damaged', 'late'"),
        ({"order": 1, "colour": "red"}, "the argument `colour`, which it does not have"),
        ('{"order": 44', "arguments that are not complete JSON"),
    ],
)
def test_each_way_to_break_a_schema_is_named(script: Any, arguments: Any, fault: str) -> None:
    """What is wrong with the arguments is said, at the call that gave them."""
    run = script("How much?", [SCHEMA])
    call = run.ask(("quote", arguments))
    run.execute(error="bad arguments")
    [finding] = run.findings("invalid_arguments")
    assert finding.span_id == call.span_id
    assert fault in finding.message


def test_a_corrected_call_recovers(script: Any) -> None:
    """When the tool is called again and succeeds, the slip is recovered."""
    run = script("How much?", [SCHEMA])
    run.turn("quote", {"order": "x"}, error="bad arguments")
    run.turn("quote", {"order": 4417}, 84.15)
    [finding] = run.findings("invalid_arguments")
    assert finding.recovered


def test_a_tool_that_takes_them_all_the_same_is_no_matter(script: Any) -> None:
    """A tool that answers well to a number in quotes is more lenient than its schema."""
    run = script("How much?", [SCHEMA])
    run.turn("quote", {"order": "4417"}, 84.15)
    assert not run.findings("invalid_arguments")
