"""How likely a step is to have decided a failure before any detector has spoken: a weight for each trait, in bits.

The weights are fitted by `benchmarks/diagnosis/train.py` and lie in `prior.json`, beside what they were fitted on.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from whyspan_analysis.traits import TRAITS


@cache
def weights() -> dict[str, float]:
    """Trait -> bits of log-odds for each unit of it."""
    document = json.loads(files("whyspan_analysis").joinpath("prior.json").read_text(encoding="utf-8"))
    return {trait: float(document["bits"][trait]) for trait in TRAITS}


def prior(traits: dict[str, float]) -> Iterator[tuple[str, float]]:
    """The terms of a score that come from a step's traits: (reason, bits)."""
    for trait, words in TRAITS.items():
        if trait in traits:
            yield words, weights()[trait] * traits[trait]
