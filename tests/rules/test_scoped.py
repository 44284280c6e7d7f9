"""Rules about one tool or agent, measured without reading the runs of the others."""

from contextlib import closing
from pathlib import Path

import pytest

from whyspan.rules.rule import Rule, Scope, compile_rule
from whyspan_analysis.rules.history import PastRun, measure
from whyspan_analysis.rules.stored import past_runs
from whyspan_collector.store import Store


@pytest.fixture(scope="module")
def every(sample_data: Path) -> list[PastRun]:
    """All runs."""
    with closing(Store(sample_data)) as store:
        return list(past_runs(store))


CALLED = Scope(tool="refund*", on=("call", "result"))


@pytest.mark.parametrize(
    ("scopes", "narrower"),
    [
        ([CALLED], True),
        ([Scope(tool="?efund_order", on=("call",)), Scope(tool="search_docs", on=("result",))], True),
        ([Scope(agent="support*")], True),
        ([Scope(tool="no-such-tool", on=("call",))], True),
        ([Scope(tool="refund*")], False),
        ([CALLED, Scope()], False),
    ],
    ids=["a tool", "two tools", "an agent", "no tool", "models also", "another rule sees everything"],
)
def test_runs_without_an_event_in_scope_are_not_read_and_nothing_else_changes(
    sample_data: Path, every: list[PastRun], scopes: list[Scope], narrower: bool
) -> None:
    """What a rule did on stored runs is the same whether all of them are read or only those it may look at."""
    rules = [compile_rule(Rule(f"rule-{n}", "absence", "e.name != ''", scope=scope)) for n, scope in enumerate(scopes)]
    with closing(Store(sample_data)) as store:
        some = list(past_runs(store, rules=rules))

    assert measure(rules, some) == measure(rules, every)
    assert (len(some) < len(every)) is narrower
