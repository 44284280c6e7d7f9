"""Whether an incident that was called fixed has come back."""

from typing import Any

import polars as pl

from whyspan_analysis.incidents.ledger import Standing
from whyspan_analysis.incidents.recurrence import shows_after_fix
from whyspan_analysis.incidents.versions import Versions


def came_back(standing: Standing, members: pl.DataFrame, versions: Versions) -> dict[str, Any] | None:
    """The latest run that shows an incident again after its fix (fields of `model.Reopened`); None where there is none.

    A run counts when its version holds the fix; where it or the fix has no version, when it began after the fix was recorded.
    """
    fix = standing.fix
    if fix is None:
        return None
    for run in members.sort("at_ns", descending=True).to_dicts():
        version = run["version"]
        if shows_after_fix(fix, versions, run):
            said = f"fixed in {fix.name}" if fix.name else "fixed"
            where = f"in version {version}" if version else "in a run without a version"
            return {
                "run_id": run["run_id"],
                "version": version,
                "at": run["at_ns"],
                "text": f"Called {said}; seen again {where}.",
            }
    return None
