"""`python -m benchmarks.diagnosis --failbench RUNS_DIR --predictions OUT.json`: predictions in the format of failbench's score.py."""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.diagnosis.failbench import Recorded, read_runs
from whyspan_analysis.diagnose import diagnose
from whyspan_analysis.model import Grade, Status

CERTAIN = (Grade.LIKELY, Grade.STRONG)


def predict(recorded: Recorded) -> dict[str, Any]:
    """The ranked steps of one run: the hypotheses, then the steps no hypothesis names, in order."""
    diagnosis = diagnose(recorded.run)
    ranked = [recorded.span_steps[h.span_id] for h in diagnosis.hypotheses if h.span_id in recorded.span_steps]
    ranking = list(dict.fromkeys([*ranked, *sorted(recorded.span_steps.values())]))
    first = ranking[0] if ranking else None
    return {
        "agent": recorded.steps[first]["agent"] if first is not None else None,
        "step": first,
        "ranking": ranking,
        "grade": diagnosis.grade,
        "failed": diagnosis.outcome.status is Status.FAILED and diagnosis.grade in CERTAIN,
    }


def main() -> None:
    """Predict for every run of a folder and write one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failbench", type=Path, required=True, metavar="RUNS_DIR")
    parser.add_argument("--predictions", type=Path, required=True, metavar="OUT.json")
    arguments = parser.parse_args()
    predictions, seconds = {}, []
    for recorded in read_runs(arguments.failbench):
        started = time.perf_counter()
        predictions[recorded.run_id] = predict(recorded)
        seconds.append(time.perf_counter() - started)
    arguments.predictions.write_text(json.dumps(predictions, indent=1), encoding="utf-8")
    print(
        f"{len(predictions)} runs, median {median(seconds) * 1000:.0f} ms, slowest {max(seconds) * 1000:.0f} ms a run"
    )


if __name__ == "__main__":
    main()
