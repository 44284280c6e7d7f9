"""What the worker does by the clock: the report is written when it is due, and the webhook is told of what is back."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis import duties
from whyspan_analysis.batch import diagnose_pending
from whyspan_analysis.duties import KEPT, Duties
from whyspan_collector.config import Config
from whyspan_collector.store import Store

NOW = 1_790_000_000.0 + 3600
"""An hour after the runs of `Script`."""


@pytest.fixture
def store(tmp_path: Path, script: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with a failed run of this hour."""
    monkeypatch.setattr(duties.time, "time", lambda: NOW)
    run = script("Refund it.", ["refund"])
    run.turn("refund", {"order": "o-1"}, error="HTTP 503")
    run.answer("That did not work.")
    run.check(ok=False)
    with closing(Store(tmp_path)) as opened:
        opened.ingest(run.spans, [], 1)
        diagnose_pending(opened)
        yield opened


def test_the_report_is_written_once_a_day(store: Store, tmp_path: Path) -> None:
    """As HTML and JSON, with links to the dashboard; again only when a day has gone by; old ones go."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for day in range(KEPT):
        old = folder / f"whyspan-2026-01-{day:02}.html"
        old.touch()
        os.utime(old, (0, 0))
    due = Duties(Config(data=tmp_path), "http://127.0.0.1:8501")
    due.do(store)

    (page,) = folder.glob("whyspan-2026-09-*.html")
    report = json.loads(page.with_suffix(".json").read_text())
    assert (report["schema"], report["totals"]["failed"]) == ("whyspan.report/1", 1)
    assert report["causes"][0]["examples"][0]["url"].startswith("http://127.0.0.1:8501/investigate?run=")
    assert len(list(folder.glob("*.html"))) == KEPT

    os.utime(page, (NOW, NOW))
    written = page.read_text()
    page.write_text("as it was")
    due.do(store)
    assert page.read_text() == "as it was" != written


def test_no_report_where_none_is_wanted_or_nothing_ran(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zero hours is never; a week without a run makes no file."""
    Duties(Config(data=tmp_path, report_hours=0), None).do(store)
    monkeypatch.setattr(duties.time, "time", lambda: NOW + 30 * 86_400)
    Duties(Config(data=tmp_path), None).do(store)
    assert not list(tmp_path.glob("reports/*"))
