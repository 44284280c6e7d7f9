"""How often each detector fires on an agent's passing and failing runs, and what people said of the verdicts that rest on it.

The counts do not depend on what findings are worth, so they settle as soon as every run is diagnosed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from whyspan_analysis.detectors import BY_NAME
from whyspan_analysis.weights import Firing

if TYPE_CHECKING:
    from whyspan_collector.service import AnyStore

NEWEST: Final = 300
"""Runs of each agent and outcome that are counted: a share of 300 is known to 6 %, and an agent changes."""

Rates: TypeAlias = dict[str, dict[str, Firing]]
"""Agent -> detector -> its firing; detectors that never fired are left out."""


def measure(store: "AnyStore", agents: Iterable[str]) -> Rates:
    """The firing of every detector on the newest runs of these agents (names as in the query `firing`)."""
    rates: Rates = {}
    runs: dict[str, tuple[int, int]] = {}
    for row in store.query("firing", agents=sorted(set(agents)), newest=NEWEST).to_pylist():
        agent, detector = row["agent"], row["detector"]
        if detector is None:  # comes first
            runs[agent] = (row["passing"], row["failing"])
        elif detector in BY_NAME:
            passing_runs, failing_runs = runs[agent]
            rates.setdefault(agent, {})[detector] = Firing(
                detector, row["passing"], passing_runs, row["failing"], failing_runs
            )
    for (agent, detector), (right, wrong) in _judged(store).items():
        if (firing := rates.get(agent, {}).get(detector)) is not None:
            rates[agent][detector] = replace(firing, right=right, wrong=wrong)
    return rates


def _judged(store: "AnyStore") -> dict[tuple[str, str], tuple[int, int]]:
    """(agent, detector) -> runs whose verdict rested on the detector and was called right, and wrong; the last word counts."""
    newest: dict[str, dict[str, Any]] = {}
    for row in store.query("annotations").to_pylist():  # newest first
        if row["last"] and row["judgement"] and row["detector"]:
            newest.setdefault(row["run_id"], row)
    said = Counter((row["agent"], row["detector"], row["judgement"]) for row in newest.values())
    return {
        (agent, detector): (said[agent, detector, "right"], said[agent, detector, "wrong"])
        for agent, detector, _ in said
    }


def worth(rates: Rates, agent: str) -> dict[str, float]:
    """Detector -> its bits for an agent, of those that are worth less than usual."""
    of_agent = rates.get(agent, {}).values()
    return {firing.detector: firing.bits for firing in of_agent if firing.bits != BY_NAME[firing.detector].bits}


def outdated(store: "AnyStore", agents: Iterable[str], rates: Rates, analysis_version: str) -> list[dict[str, Any]]:
    """The failed runs of these agents whose diagnosis weighs a finding otherwise: rows with run_id, revision, spans, agent and task."""
    chosen = sorted(set(agents))
    other = [(agent, detector, bits) for agent in chosen for detector, bits in worth(rates, agent).items()]
    found = store.query(
        "weighed_otherwise",
        analysis_version=analysis_version,
        agents=chosen,
        weighed_agents=[agent for agent, _, _ in other],
        detectors=[detector for _, detector, _ in other],
        bits=[bits for _, _, bits in other],
    )
    return list(found.to_pylist())
