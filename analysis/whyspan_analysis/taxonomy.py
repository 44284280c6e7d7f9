"""What each detector is called in vocabularies of others (MAST, TRAIL, OWASP), and what it needs to see: `taxonomy.json`.

The file has a version of its own, so that stored ids can be told from those of another mapping.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Entry:
    """One detector."""

    mast: tuple[str, ...] = ()
    """Failure modes of MAST, e.g. `2.6`."""
    trail: tuple[str, ...] = ()
    """Leaves of TRAIL's taxonomy, by name."""
    owasp: tuple[str, ...] = ()
    """Risks of OWASP's Top 10 for agentic applications, e.g. `ASI02`."""
    needs: tuple[str, ...] = ()
    """What a trace must hold for it to work: names of `captures.CAPTURES`."""


@cache
def taxonomy() -> dict[str, Entry]:
    """Detector -> its entry."""
    document = json.loads(files("whyspan_analysis").joinpath("taxonomy.json").read_text(encoding="utf-8"))
    return {
        name: Entry(*(tuple(entry[field]) for field in ("mast", "trail", "owasp", "needs")))
        for name, entry in document["detectors"].items()
    }
