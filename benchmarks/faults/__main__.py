"""`python -m benchmarks.faults [--seeds N]`: how often the diagnosis names the operation that was made to go wrong."""

import argparse

from benchmarks.faults.bench import BY_NAME, SEEDS, run


def main() -> None:
    """Generate, diagnose, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="worlds of each agent")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of them")
    parser.add_argument("--agents", nargs="*", choices=sorted(BY_NAME), default=sorted(BY_NAME))
    parser.add_argument(
        "--misses", action="store_true", help="instead of tables, each miss that is not held out and what was blamed"
    )
    options = parser.parse_args()
    run(options.agents, range(options.first, options.first + options.seeds), misses=options.misses)


if __name__ == "__main__":
    main()
