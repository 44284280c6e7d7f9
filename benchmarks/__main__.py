"""`python -m benchmarks [NAME...]`: runs the benches of these names, or all of them. `--list` says which there are."""

import argparse
from importlib import import_module

BENCHES = {
    "diagnosis": "how long a diagnosis takes; with WHYSPAN_FAILBENCH=FOLDER, where public failed runs went wrong beside rules that know nothing",
    "dashboard": "how long the page of a run takes to open, and a selection until its details are there",
    "faults": "how often the diagnosis names the operation that was made to go wrong, beside rules that know nothing",
    "guard": "what a guarded tool call costs, with 1, 10 and 100 rules",
    "fleet": "whether 12 causes in 10,000 runs are told apart, dated and called rightly; how long that takes",
    "ingest": "spans per second until they are queryable, beside two servers of others; what an overload loses",
    "prevention": "whether a rule made from one failing run prevents other failures of its type, and what good runs it hits",
    "sdk": "what a span costs on the caller's thread, beside other SDKs; import time; memory",
    "storage": "what conversations take on disk that every call repeats",
}
"""Modules of this package with `run() -> None`, which measures and prints a table."""


def main() -> None:
    """Runs what was asked for, one after the other, so that nothing measures the other's noise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--list", action="store_true", help="say which there are, and end")
    options = parser.parse_args()
    if unknown := set(options.names) - BENCHES.keys():
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    for name in options.names or BENCHES:
        print(f"{name}: {BENCHES[name]}", flush=True)
        if not options.list:
            import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main()
