"""Every example of a guard's verdict does what its first line says."""

import subprocess
import sys
from pathlib import Path

import pytest

GUARDS = Path(__file__).parents[2] / "examples" / "guards"
PRINTED = {
    "allow": ["['green shoes, size 42']", "guard two-searches pass Two searches should be enough."],
    "warn": [
        "WARNING whyspan: send_email breaks the rule known-addresses: Nobody gave this address.",
        "sent to boss@example.org: All done.",
    ],
    "ask": [
        "refunded 400.00 for o-17",
        "asked: refund {'order': 'o-17', 'amount': 4000.0} -> no",
        (
            "refund was not carried out: Refunds over 100 need somebody's consent."
            " Ada was asked and did not agree: more than I may allow. (rule large-refunds)"
        ),
    ],
    "block": [
        (
            "refund was not carried out: An id in the arguments stands nowhere in this conversation."
            " Look it up first. (rule no-invented-ids)"
        ),
        "refunded 40.00 for o-90317",
    ],
    "result": [
        (
            "the error of book ('cellar') was not handed on: Do something else, or say what could not be done."
            " (rule errors-go-to-the-model)"
        ),
        "booked the attic",
    ],
    "dry_run": ["sales deleted", "people would be deleted"],
    "budget": [
        (
            "search was not carried out: The run has used up its tool calls."
            " Answer with what you have. (rule within-budget)"
        ),
        "3 pages read",
    ],
}


def test_every_example_is_run() -> None:
    """No example is left out."""
    assert {path.stem for path in GUARDS.glob("*.py")} == set(PRINTED)


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_example(name: str) -> None:
    """The program ends with these lines, without a collector."""
    ran = subprocess.run([sys.executable, GUARDS / f"{name}.py"], capture_output=True, text=True, check=False)

    assert ran.stderr == ""
    assert ran.stdout.splitlines()[-len(PRINTED[name]) :] == PRINTED[name]
