"""What the traces of each agent let us claim, and what its detectors are worth on its own runs: the part of `doctor` about agents."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from whyspan_analysis.captures import CAPTURES
from whyspan_analysis.claims import Claims, read_claims
from whyspan_analysis.firing import measure
from whyspan_analysis.report.wording import count
from whyspan_analysis.weights import Firing
from whyspan_collector.service import AnyStore
from whyspan_ui.printable import one_line
from whyspan_ui.terminal import out, text, word

_SHOWN: Final = 10
"""Agents shown for people; JSON has all that were looked at."""


def examine_agents(store: AnyStore) -> list[dict[str, Any]]:
    """What can be claimed of each agent, the one with the most runs first."""
    claims = read_claims(store)
    rates = measure(store, [each.agent for each in claims])
    return [_agent(each, rates.get(each.agent, {})) for each in claims]


def _agent(claims: Claims, firing: Mapping[str, Firing]) -> dict[str, Any]:
    return {
        "agent": claims.agent,
        "service": claims.service,
        "runs": claims.runs,
        "runs_read": claims.read,
        "captured": {name: asdict(captured) for name, captured in claims.captured.items()},
        "detectors": [{"detector": name, "lacks": lacks} for name, lacks in claims.detectors.items()],
        "grades": claims.grades,
        "to_add": [
            {"capture": name, "how": CAPTURES[name].add, "detectors": waiting} for name, waiting in claims.to_add
        ],
        "firing": [
            {
                **asdict(each),
                "likelihood_ratio": round(each.likelihood_ratio, 2),
                "bits": each.bits,
                "muted": each.is_muted,
                "text": each.text,
            }
            for each in sorted(firing.values(), key=lambda each: -each.passing)
        ],
    }


def print_agents(agents: list[dict[str, Any]]) -> None:
    """The same for people: of each agent what is captured, what that lets us claim, and what to capture to claim more."""
    for agent in agents[:_SHOWN]:
        out.print()
        service = f", service {agent['service']}" if agent["service"] else ""
        read = f"  {count(agent['runs'], 'run')}, the newest {agent['runs_read']} read"
        out.print(text("What can be claimed of ", (one_line(agent["agent"], 60), "bold"), service, (read, "dim")))
        out.print(text(("  captured ", "dim"), ", ".join(_captured(agent["captured"])) or "nothing"))
        unable = [each for each in agent["detectors"] if each["lacks"]]
        able = len(agent["detectors"]) - len(unable)
        out.print(text(("  detectors", "dim"), f" {able} of {len(agent['detectors'])} have what they need"))
        for grade, where in agent["grades"].items():
            out.print(text("           ", word(grade), f" can be said {where}" if where else " cannot be said"))
        for each in agent["to_add"]:
            gain = f" ({count(each['detectors'], 'detector')} could work)" if each["detectors"] else ""
            out.print(text(("  add      ", "yellow"), f"{CAPTURES[each['capture']].title}: {each['how']}{gain}"))
        for each in agent["firing"]:
            if each["text"].endswith("muted.") or "instead of" in each["text"]:
                out.print(text(("  counts   ", "dim"), each["text"]))
    if len(agents) > _SHOWN:
        out.print(text((f"... and {len(agents) - _SHOWN} more agents; --json has them", "dim")))


def _captured(captured: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """What is there, and where only in part in how many of how many."""
    for name, counted in captured.items():
        if counted["have"]:
            part = f" ({counted['have']} of {counted['of']})" if counted["have"] < counted["of"] else ""
            yield CAPTURES[name].title + part
