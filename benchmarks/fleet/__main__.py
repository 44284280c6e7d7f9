"""`python -m benchmarks.fleet [--runs N] [--folder DIR] [--once]`: what is made of a fleet whose truth is known."""

import argparse
from pathlib import Path

from benchmarks.fleet.measure import RUNS, run


def main() -> None:
    """Generate, send, analyze, report, compare with the truth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the requests are, or are kept")
    parser.add_argument("--once", action="store_true", help="leave out the shuffled halves")
    options = parser.parse_args()
    run(options.runs, options.folder, again=not options.once)


if __name__ == "__main__":
    main()
