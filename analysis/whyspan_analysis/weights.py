"""What a finding is worth in this project: less where its detector also fires on the agent's passing runs, nothing where as often.

A detector's bits hold for the share of passing runs it fires on in the calibration; where that share is larger here, the difference
in bits is taken off. Until there are `ENOUGH` passing runs the bits stay as they are, and they never grow. What people say of its
verdicts counts as well: the odds of wrong to right ones, from `SEEN` wrong ones on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import log2
from typing import Final

from whyspan_analysis.calibration import calibration
from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.model import Finding

ENOUGH: Final = 30
"""Passing runs of an agent from which on its own share counts: below, one firing more moves it by over 3 %."""
ENOUGH_FAILED: Final = 5
"""Failing runs without which no detector is muted: among fewer, not firing says little."""
SEEN: Final = 3
"""Firings on passing runs without which no detector is muted; likewise verdicts called wrong, without which none weighs less."""
PRIOR_RUNS: Final = 30
"""The calibration's share counts as much as so many runs of the agent."""
USUAL_RATE: Final = 0.01
"""Share of passing runs assumed for a detector that is not in the calibration."""


@dataclass(frozen=True, slots=True)
class Firing:
    """On how many runs of an agent a detector found an unrecovered cause."""

    detector: str
    passing: int
    passing_runs: int
    failing: int
    failing_runs: int
    right: int = 0
    """Runs whose verdict rested on it and was called right by people."""
    wrong: int = 0
    """Likewise, called wrong."""

    @property
    def is_muted(self) -> bool:
        """True when it fires on passing runs at least as often as on failing ones."""
        enough = self.passing_runs >= ENOUGH and self.failing_runs >= ENOUGH_FAILED and self.passing >= SEEN
        return enough and self.passing * self.failing_runs >= self.failing * self.passing_runs

    @property
    def likelihood_ratio(self) -> float:
        """How much oftener it fires on failing runs than on passing ones; half a run is added to each count."""
        on_failing = (self.failing + 0.5) / (self.failing_runs + 1)
        return on_failing / ((self.passing + 0.5) / (self.passing_runs + 1))

    @property
    def bits(self) -> float:
        """What a finding of full strength is worth for this agent, to half a bit."""
        usual = BY_NAME[self.detector].bits
        if self.is_muted:
            return 0.0
        return max(0.0, usual - self._fires_oftener - self._is_wrong_oftener) if usual > 0 else usual

    @property
    def _fires_oftener(self) -> float:
        """Bits by which it fires oftener on passing runs here than in the calibration, to half a bit."""
        if self.passing_runs < ENOUGH:
            return 0.0
        shipped = calibration().passing_rates.get(self.detector, USUAL_RATE)
        here = (self.passing + PRIOR_RUNS * shipped) / (self.passing_runs + PRIOR_RUNS)
        return max(0.0, round(2 * log2(here / shipped)) / 2)

    @property
    def _is_wrong_oftener(self) -> float:
        """Log-odds of its verdicts being called wrong rather than right, one added to each, to half a bit."""
        if self.wrong < SEEN:
            return 0.0
        return max(0.0, round(2 * log2((self.wrong + 1) / (self.right + 1))) / 2)

    @property
    def text(self) -> str:
        """The counts in words, and what follows from them."""
        counts = f"{self.detector} fires on {self.passing} of {self.passing_runs} passing and {self.failing} of {self.failing_runs} failing runs of this agent"
        if self.right or self.wrong:
            counts += f", people called {self.right} of its {self.right + self.wrong} judged verdicts right"
        if self.is_muted:
            return f"{counts}: as often on passing as on failing ones, so it is muted."
        if self.bits < BY_NAME[self.detector].bits:
            return f"{counts}: it counts {self.bits:.1f} bits instead of {BY_NAME[self.detector].bits:.1f}."
        return f"{counts}."


def weighed(findings: Iterable[Finding], firing: Mapping[str, Firing]) -> list[Finding]:
    """The findings, those of detectors that weigh otherwise for this agent with what they are worth and why."""
    return [_weighed(finding, firing.get(finding.detector)) for finding in findings]


def _weighed(finding: Finding, measured: Firing | None) -> Finding:
    if measured is None or measured.bits == BY_NAME[finding.detector].bits:
        return finding
    return replace(finding, bits=measured.bits, because=measured.text)
