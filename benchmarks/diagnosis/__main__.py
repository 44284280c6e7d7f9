"""`python -m benchmarks.diagnosis --failbench RUNS_DIR` with `--predictions OUT.json` or `--report --labels LABELS_DIR`.

Predictions are in the format of failbench's score.py. The report compares the ranking with rules that know nothing.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.diagnosis.examples import ranked
from benchmarks.diagnosis.failbench import Recorded, read_runs
from benchmarks.diagnosis.report import CERTAIN, report
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.model import Status


def predict(recorded: Recorded) -> dict[str, Any]:
    """Every step of one run, best first: candidates by their score, then the steps that are none, in order."""
    diagnosis = diagnose(recorded.run)
    hypotheses, _ = ranked(recorded.run)
    named = [recorded.span_steps[each.span_id] for each in hypotheses if each.span_id in recorded.span_steps]
    ranking = list(dict.fromkeys([*named, *sorted(recorded.span_steps.values())]))
    agents = {step["i"]: step["agent"] for step in recorded.steps}
    return {
        "agent": agents[ranking[0]] if ranking else None,
        "step": ranking[0] if ranking else None,
        "ranking": ranking,
        "grade": diagnosis.grade,
        "failed": diagnosis.outcome.status is Status.FAILED and diagnosis.grade in CERTAIN,
    }


def write_predictions(runs: Path, target: Path) -> None:
    """Predict for every run of a folder and write one JSON object."""
    predictions, seconds = {}, []
    for recorded in read_runs(runs):
        started = time.perf_counter()
        predictions[recorded.run_id] = predict(recorded)
        seconds.append(time.perf_counter() - started)
    target.write_text(json.dumps(predictions, indent=1), encoding="utf-8")
    spent = f"median {median(seconds) * 1000:.0f} ms, slowest {max(seconds) * 1000:.0f} ms a run" if seconds else ""
    print(f"{len(predictions)} runs {spent}")


def main() -> None:
    """Predict or report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.add_argument("--failbench", type=Path, required=True, metavar="RUNS_DIR")
    parser.add_argument("--predictions", type=Path, metavar="OUT.json")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--labels", type=Path, metavar="LABELS_DIR")
    options = parser.parse_args()
    if options.predictions is None and not options.report:
        parser.error("say what to make: --predictions OUT.json, or --report --labels LABELS_DIR")
    if options.report and options.labels is None:
        parser.error("--report needs --labels LABELS_DIR")
    if options.predictions is not None:
        write_predictions(options.failbench, options.predictions)
    if options.report:
        print("\n".join(report(options.failbench, options.labels)))


if __name__ == "__main__":
    main()
