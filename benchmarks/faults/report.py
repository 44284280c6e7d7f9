"""The tables, in Markdown."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf

from benchmarks.faults import held_out
from benchmarks.faults.fault import FAULTS
from benchmarks.faults.judging import Row
from benchmarks.faults.measure import add_position_prior, separability, share, suspect_list, top, worth
from whyspan_analysis.detectors import BY_NAME, DETECTORS
from whyspan_analysis.model import Role

PARTS = ("without lineage", "without recovery", "without the prior", "without weights", "no detector")
RULES = ("position prior", "first error", "first worker turn", "last step", "longest step", "random")


def report(rows: Sequence[Row]) -> Iterator[str]:
    """Everything, one line at a time."""
    failing = [row for row in rows if row.kind == "failing"]
    passing = [row for row in rows if row.kind != "failing"]
    add_position_prior(failing)
    told = [row for row in failing if row.told]
    steps = sorted(row.steps for row in rows)
    yield f"{len(failing)} failing runs ({len(told)} with a recorded check), {len(passing)} passing ones, {steps[0]}-{steps[-1]} decisions a run, median {steps[len(steps) // 2]}."
    yield f"Told from passing runs by their number of decisions alone: AUC {separability(failing, passing):.2f}."
    yield from _found(told)
    yield from _rules(told)
    yield from _by(
        "fault",
        [row for row in told if not row.held_out],
        lambda row: f"{row.fault} {FAULTS[row.fault or ''].name}{' (m)' if row.mechanical else ''}",
    )
    yield from _by("agent", [row for row in told if not row.held_out], lambda row: row.agent)
    yield from _grades(told, passing)
    yield from _untold([row for row in failing if not row.told], [row for row in passing if not row.told])
    yield from _detectors(failing, passing)


def _found(told: Sequence[Row]) -> Iterator[str]:
    yield from _table("runs with a recorded check", "top-1", "top-3", "top-1, the operation's own spans only")
    groups = {
        "all": told,
        "not held out": [row for row in told if not row.held_out],
        "held out": [row for row in told if row.held_out],
        "held-out faults": [row for row in told if row.fault in held_out.FAULTS],
        "held-out agents": [row for row in told if row.agent in held_out.AGENTS],
        "mechanical": [row for row in told if row.mechanical],
        "mechanical, held out": [row for row in told if row.mechanical and row.held_out],
        "not mechanical": [row for row in told if not row.mechanical],
        "recorded with our SDK": [row for row in told if row.style == "sdk"],
        "plain OpenTelemetry": [row for row in told if row.style == "plain"],
    }
    for name, rows in groups.items():
        yield _row(name, share(rows, top(1)), share(rows, top(3)), share(rows, lambda row: float(row.own_rank == 1)))


def _rules(told: Sequence[Row]) -> Iterator[str]:
    hard = [row for row in told if not row.mechanical]
    for heading, rules in (("one part taken away, same runs", PARTS), ("rules that know nothing, same runs", RULES)):
        yield from _table(heading, "top-1", "top-3", "not mechanical: top-1", "top-3")
        for rule in (None, *rules):
            shares = (share(rows, top(count, rule)) for rows in (told, hard) for count in (1, 3))
            yield _row(rule or "the diagnosis", *shares)


def _by(what: str, rows: Iterable[Row], key: Callable[[Row], str]) -> Iterator[str]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    yield from _table(what, "top-1", "top-3")
    for name, group in sorted(grouped.items()):
        yield _row(name, share(group, top(1)), share(group, top(3)))


def _grades(told: Sequence[Row], passing: Sequence[Row]) -> Iterator[str]:
    yield from _table("grade", "failing runs that get it", "first hypothesis right", "passing runs that get it")
    for grade in ("strong", "likely", "suspect", "none"):
        got = [row for row in told if row.grade == grade]
        yield _row(grade, share(told, _is("grade", grade)), share(got, top(1)), share(passing, _is("grade", grade)))
    yield from _table("lead of the first hypothesis, bits", "failing runs", "first hypothesis right")
    for low, high in pairwise((0.0, 0.5, 1.0, 2.0, 4.0, inf)):
        ahead = [row for row in told if low <= row.lead < high]
        yield _row(f"{low:g} to {high:g}", len(ahead), share(ahead, top(1)))
    listed = suspect_list(told)
    reach = (
        f"steps up to {listed.bits:.1f} bits behind the first" if listed.bits < inf else "no list does; all candidates"
    )
    yield f"\nSuspect list for 90 % coverage: {reach}, {listed.size:.1f} steps on average, hold the operation in {listed.covered}."


def _untold(failing: Sequence[Row], passing: Sequence[Row]) -> Iterator[str]:
    yield from _table("runs without a recorded check", "failing", "passing")
    for field, words, values in (
        ("status", "seen as", ("failed", "unknown", "ok")),
        ("grade", "graded", ("strong", "likely")),
    ):
        for value in values:
            yield _row(f"{words} {value}", *(share(rows, _is(field, value)) for rows in (failing, passing)))
    seen = [row for row in failing if row.status == "failed"]
    yield f"\nOf the failures seen without a check, the operation is first in {share(seen, top(1))} and among three in {share(seen, top(3))}."


def _detectors(failing: Sequence[Row], passing: Sequence[Row]) -> Iterator[str]:
    yield from _table("detector (unrecovered causes)", "failing runs", "right", "passing runs", "bits", "ships")
    tuning = [row for row in failing if not row.held_out]
    calm = [row for row in passing if not row.held_out]
    fired_at_all = {name for row in (*tuning, *calm) for name in row.fired}
    for name in sorted(fired_at_all):
        fired = [row for row in tuning if name in row.fired]
        cells = (share(tuning, _fires(name)), share(fired, _blames(name)), share(calm, _fires(name)))
        yield _row(name, *cells, f"{worth(name, tuning, calm):+.1f}", f"{BY_NAME[name].bits:g}")
    silent = [
        f"{each.name} ({each.bits:g})"
        for each in DETECTORS
        if each.role is Role.CAUSE and each.name not in fired_at_all
    ]
    yield f"\nNever fired on these runs, with the bits that ship: {', '.join(silent)}."


def _is(field: str, value: str) -> Callable[[Row], float]:
    return lambda row: float(getattr(row, field) == value)


def _fires(detector: str) -> Callable[[Row], float]:
    return lambda row: float(detector in row.fired)


def _blames(detector: str) -> Callable[[Row], float]:
    return lambda row: float(row.fired[detector])


def _table(*heads: str) -> Iterator[str]:
    yield ""
    yield _row(*heads)
    yield "|" + "---|" * len(heads)


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
