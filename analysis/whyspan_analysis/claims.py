"""What the traces of an agent let us claim: what they hold, which detectors can work on that, which grades can be reached.

Computed from its newest runs as they are stored; nothing is asked of the instrumentation.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from whyspan_analysis.captures import Captures, count, lacking, missing, nothing
from whyspan_analysis.detectors import DETECTORS
from whyspan_analysis.load import load_runs
from whyspan_analysis.model import Role, Run
from whyspan_analysis.reconstruct import read_steps
from whyspan_collector.portions import portions

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

EACH: Final = 5
"""Runs read of each agent: what an instrumentation leaves out, it leaves out of nearly every run."""
MOST_AGENTS: Final = 50
"""Agents looked at, those with the most runs."""


@dataclass(slots=True)
class Claims:
    """What the traces of one agent of one service let us claim."""

    agent: str
    service: str | None
    runs: int
    """Stored runs."""
    read: int = 0
    """Those looked at."""
    captured: Captures = field(default_factory=nothing)

    @property
    def detectors(self) -> dict[str, list[str]]:
        """Every detector and what it lacks; see `captures.lacking`."""
        return lacking(self.captured)

    @property
    def grades(self) -> dict[str, str]:
        """Grade -> for which runs of this agent it can be reached, in words; "" where for none."""
        causes = {detector.name for detector in DETECTORS if detector.role is Role.CAUSE}
        able = sum(not lacks for name, lacks in self.detectors.items() if name in causes)
        likely = f"where one of {able} detectors of causes finds something" if able else ""
        checks = self.captured["checks"]
        told = (
            f"of runs that record how they ended ({checks.have} of {checks.of}), and of runs that raise"
            if checks.have
            else ""
        )
        strong = (told or "of runs that raise; no check is recorded, so of no run that ends quietly") if able else ""
        return {"suspect": "of every failed run", "likely": likely, "strong": strong}

    @property
    def to_add(self) -> list[tuple[str, int]]:
        """What to capture to claim more, and how many detectors wait for it; what unlocks most first."""
        return missing(self.captured)


def read_claims(store: "AnyStore") -> list[Claims]:
    """The claims of every agent, that with the most runs first."""
    found: dict[tuple[str, str | None], Claims] = {}
    rows = store.query("newest_runs", each=EACH, most=MOST_AGENTS).to_pylist()
    for some in portions(rows):
        runs = load_runs(store, [row["run_id"] for row in some])
        for row in some:
            claims = found.setdefault((row["agent"], row["service"]), Claims(row["agent"], row["service"], row["runs"]))
            if row["run_id"] in runs:
                run = runs[row["run_id"]]
                claims.read += 1
                count(claims.captured, run, read_steps(run))
    return list(found.values())


def claims_of(run: Run) -> Claims:
    """What the trace of this one run lets us claim."""
    first = run.spans[0]
    return Claims(
        first.agent or first.name, first.service, runs=1, read=1, captured=count(nothing(), run, read_steps(run))
    )
