"""What can be measured of the diagnosis without data of others; and, where it lies on this machine, failbench."""

import os
from pathlib import Path

from benchmarks.diagnosis import speed
from benchmarks.diagnosis.report import report

FOLDER = "WHYSPAN_FAILBENCH"
"""Environment variable: a folder that holds failbench's `runs` and `labels`."""


def run() -> None:
    """Print how long a diagnosis takes, then the table of public failed runs if their folder is named."""
    speed.run()
    folder = os.environ.get(FOLDER)
    if folder is None:
        print(f"Public failed runs: not measured. {FOLDER}=FOLDER names the folder with their `runs` and `labels`.")
        return
    print("\n".join(report(Path(folder) / "runs", Path(folder) / "labels")))
