"""What the report says of two periods and two versions: new, worse, better, gone, back; and that every line names runs."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from typing import Any

import pytest

from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.incidents.build import build as build_incidents
from whyspan_analysis.incidents.build import read_period
from whyspan_analysis.report.build import build
from whyspan_analysis.report.model import Report
from whyspan_analysis.report.renderers import RENDERERS
from whyspan_collector.incident_events import IncidentEvent
from whyspan_collector.store import Store

DAY = 86_400 * 10**9
STEADY, NEW, GONE, WORSE, BACK = "HTTP 500", "HTTP 401", "HTTP 402", "HTTP 403", "HTTP 404"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two versions of an agent, a week each: one cause stays, one is new, one gone, one worse, and one is back after its fix."""
    with closing(Store(tmp_path_factory.mktemp("data"))) as opened:
        fill(opened)
        (back,) = [i for i in build_incidents(read_period(opened)).incidents if i.parts.error == BACK]
        opened.record_incident_event(IncidentEvent(2**62, back.id, "status", "fixed", version="2"))
        yield opened


def fill(store: Store) -> None:
    """80 runs of each version."""
    from tests.analysis.conftest import Script

    spans: list[Any] = []
    numbers = count(1)
    failures = {
        "1": {STEADY: 6, GONE: 12, WORSE: 2, BACK: 6},
        "2": {STEADY: 6, NEW: 8, WORSE: 18, BACK: 4},
    }
    for week, (version, errors) in enumerate(failures.items()):
        failing = [error for error, runs in errors.items() for _ in range(runs)]
        for place, error in enumerate([*failing, *([None] * (80 - len(failing)))]):
            number = next(numbers)
            run = Script("Refund it.", ["refund"], attributes={"gen_ai.agent.version": version})
            run.turn("refund", {"order": f"o-{number}"}, {"ok": True}, error=error)
            run.answer("Done." if error is None else "That did not work.")
            run.check(ok=error is None, check="paid back")
            for span in run.spans:
                span.trace_id = f"{number:032x}"
                span.start_ns += week * 8 * DAY + place * 3600 * 10**9 * 2
                span.end_ns += week * 8 * DAY + place * 3600 * 10**9 * 2
            spans += run.spans
    store.ingest(spans, [], 1)
    diagnose_pending(store)


@pytest.fixture(scope="module")
def report(store: Store) -> Report:
    """The report that compares the versions."""
    return build(store, versions=("1", "2"), run_url=lambda run_id: f"http://127.0.0.1:8501/investigate?run={run_id}")


def verdicts(report: Report) -> dict[str, str]:
    """Error of a cause -> what the comparison says of it."""
    assert report.comparison is not None
    errors = {cause.incident.id: str(cause.incident.parts.error) for cause in report.causes}
    return {errors[cause.incident]: cause.verdict for cause in report.comparison.causes}


EXPECTED = {STEADY: "steady", NEW: "new", GONE: "gone", WORSE: "worse", BACK: "back"}


def test_two_versions_are_compared(report: Report) -> None:
    """Each cause is called what it is, with the counts of both sides."""
    assert verdicts(report) == EXPECTED
    assert report.comparison is not None
    assert (report.comparison.before.name, report.comparison.after.name) == ("version 1", "version 2")
    (worse,) = [cause for cause in report.comparison.causes if cause.verdict == "worse"]
    assert (worse.failed_before, worse.runs_before, worse.failed_after, worse.runs_after) == (2, 80, 18, 80)


def test_the_latest_week_is_compared_with_what_was_before(store: Store) -> None:
    """Without versions, and without a period, the last days are held beside those before."""
    compared = build(store)
    assert verdicts(compared).keys() == EXPECTED.keys()
    assert verdicts(compared)[GONE] == "gone"
    assert verdicts(compared)[NEW] == "new"


def test_the_cause_is_told_with_its_version_and_changes(report: Report) -> None:
    """A cause that came in with a version says so, and what separates its runs."""
    (new,) = [cause for cause in report.causes if cause.incident.parts.error == NEW]
    assert new.incident.introduced_in is not None
    assert new.incident.introduced_in.version == "2"
    assert new.incident.changed is not None
    assert [f"{change.name} {change.value}" for change in new.incident.changed] == ["version 2"]


def test_every_line_of_the_summary_names_runs(report: Report) -> None:
    """Up to ten lines, each with runs that exist and show it, as links in every format."""
    assert len(report.summary) == len(report.summary_runs) <= 10
    assert all(links for links in report.summary_runs)
    begins = [line.split(" version")[0] for line in report.summary]
    assert {"Back after its fix", "New", "Worse", "Gone"} <= set(begins)
    page, text = RENDERERS["html"](report), RENDERERS["markdown"](report)
    for link in (link for links in report.summary_runs for link in links):
        assert f'href="{link.url}"' in page
        assert f"(<{link.url}>)" in text


def test_the_slowest_decisions_are_listed(report: Report) -> None:
    """With their run, by duration."""
    durations = [step.duration_ms for step in report.slowest_steps]
    assert durations
    assert durations == sorted(durations, reverse=True)
    assert all(step.run_id for step in report.slowest_steps)


def test_nothing_to_compare_says_nothing(store: Store) -> None:
    """Versions that never ran have no comparison; the report is whole without it."""
    alone = build(store, versions=("7", "8"))
    assert alone.comparison is None
    for render in RENDERERS.values():
        assert "What is different" not in render(alone)
