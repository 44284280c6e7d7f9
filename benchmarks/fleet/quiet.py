"""How often the alarms go off when nothing happens, and when something does: simulated days, straight into the tests.

`python -m benchmarks.fleet.quiet` prints a table.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import product

import numpy as np
import polars as pl

from whyspan_analysis.incidents.alarms import WINDOWS, alarms

DAY_NS = 86_400 * 10**9
AGENTS = tuple("abcdefgh")
TRAFFIC = 90
"""Runs of an agent on a day."""
VERSIONS = ("1.0", "1.1")
MODELS = ("small", "large")
CAUSES = 12
WEEKS = 500


def week(seed: int, change: str | None = None) -> pl.DataFrame:
    """Eight days of a fleet, with a change of agent `a` on the last: a cause is new, one doubles or triples, half is gone, less is captured."""
    rng = np.random.default_rng(seed)
    frames = []
    rates = {
        (agent, cause): rng.choice([0.0, 0.002, 0.01, 0.03, 0.06]) for agent, cause in product(AGENTS, range(CAUSES))
    }
    rates["a", 0], rates["a", 1] = 0.05, 0.0
    for day, agent in product(range(WINDOWS + 1), AGENTS):
        happens = change if day == WINDOWS and agent == "a" else None
        runs = rng.poisson(TRAFFIC * rng.gamma(25, 1 / 25))  # a fifth more or less from day to day, beside chance
        runs = runs // 10 if happens == "traffic" else runs
        own = [rates[agent, cause] for cause in range(CAUSES)]
        own[0] *= {"doubled": 2, "tripled": 3}.get(str(happens), 1)
        own[1] += 0.06 if happens == "new" else 0.0
        drawn = rng.random(runs)
        cause = np.searchsorted(np.cumsum(own), drawn)
        frames.append(
            pl.DataFrame(
                {
                    "run_id": [f"{seed}-{day}-{agent}-{number}" for number in range(runs)],
                    "agent": [agent] * runs,
                    "version": rng.choice(VERSIONS, runs).tolist(),
                    "models": [[model] for model in rng.choice(MODELS, runs)],
                    "incident": [f"{agent}{each}" if each < CAUSES else None for each in cause.tolist()],
                    "complete": (rng.random(runs) > (0.3 if happens == "capture" else 0.02)).tolist(),
                    "gaps": [0] * runs,
                    "at_ns": np.sort(rng.integers(day * DAY_NS, (day + 1) * DAY_NS, runs)).tolist(),
                },
                schema_overrides={"incident": pl.String, "gaps": pl.Int32},
            )
        )
    return pl.concat(frames)


def raised(weeks: int, change: str | None = None) -> Iterator[list[str]]:
    """The kinds of the alarms of the last day of each week."""
    for seed in range(weeks):
        yield [alarm.kind for alarm in alarms(week(seed, change), DAY_NS, (WINDOWS + 1) * DAY_NS)]


def run(weeks: int = WEEKS) -> None:
    """Prints how many days had an alarm."""
    quiet = list(raised(weeks))
    false = sum(bool(kinds) for kinds in quiet)
    print(
        f"{len(AGENTS)} agents, {TRAFFIC} runs a day each, {CAUSES} causes, {len(VERSIONS)} versions, {len(MODELS)} models"
    )
    print(
        f"nothing happens: {false} of {weeks} days with an alarm {dict(Counter(k for kinds in quiet for k in kinds))}"
    )
    expected = {"new": "new", "doubled": "rising", "tripled": "rising", "traffic": "traffic", "capture": "capture"}
    for change, kind in expected.items():
        found = list(raised(weeks // 5, change))
        print(f"{change}: found on {sum(kind in kinds for kinds in found)} of {weeks // 5} days")


if __name__ == "__main__":
    run()
