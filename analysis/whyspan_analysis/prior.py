"""How likely a step is to have decided a failure where no detector speaks: a weight for each trait, in bits.

The weights are fitted by `benchmarks/diagnosis/train.py` and lie in `prior.json`, beside what they were fitted on.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from whyspan_analysis.traits import TRAITS

BESIDE_CAUSE = 0.5
"""What is left of the prior where some step is accused: it is fitted on runs where none is, and both tell in part of the same
thing. With all of it the first hypothesis is right in 74 % of cross-validated injected failures, with half or a quarter in 77 %."""

HALF = " (half: a detector accuses a step)"
"""What stands behind the words of such a term."""


@cache
def weights() -> dict[str, float]:
    """Trait -> bits of log-odds for each unit of it."""
    document = json.loads(files("whyspan_analysis").joinpath("prior.json").read_text(encoding="utf-8"))
    return {trait: float(document["bits"][trait]) for trait in TRAITS}


def prior(traits: dict[str, float], *, beside_cause: bool = False) -> Iterator[tuple[str, float]]:
    """The terms of a score that come from a step's traits: (reason, bits); less where a detector found a cause in the run."""
    share, note = (BESIDE_CAUSE, HALF) if beside_cause else (1.0, "")
    for trait, words in TRAITS.items():
        if trait in traits:
            yield words + note, weights()[trait] * traits[trait] * share


def is_prior(reason: str) -> bool:
    """True for the reason of a term that comes from a trait."""
    return reason.removesuffix(HALF) in TRAITS.values()
