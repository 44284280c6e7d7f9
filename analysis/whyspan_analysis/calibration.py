"""What was measured on injected faults and ships as constants, with its provenance: `calibration.json`.

Written by `benchmarks/faults/calibrate.py`, which is to be run again when a detector or the ranking changes.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants."""

    bits: dict[str, float | None]
    """Grade -> how far behind the first hypothesis a suspect may be; None: no short list is right often enough."""
    coverage: float
    """The share of suspect lists that is to hold the cause."""
    measured: dict[str, tuple[float, int]]
    """Grade -> (the share that did, of so many lists), on faults and agents held out from the calibration."""
    passing_rates: dict[str, float]
    """Detector -> the share of passing runs on which it finds an unrecovered cause."""


@cache
def calibration() -> Calibration:
    """The constants that ship."""
    document = json.loads(files("whyspan_analysis").joinpath("calibration.json").read_text(encoding="utf-8"))
    listed, passing = document["suspects"], document["passing"]
    measured = {grade: (held["covered"], held["lists"]) for grade, held in listed["held_out"].items()}
    return Calibration(listed["bits"], listed["coverage"], measured, passing["rates"])
