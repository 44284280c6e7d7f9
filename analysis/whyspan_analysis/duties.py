"""What the worker does by the clock: looks for alarms and tells the webhook, and writes the report of the week."""

import logging
import time
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from whyspan_analysis.incidents.alarms import DAY_NS, read_alarms
from whyspan_analysis.incidents.build import build as build_incidents
from whyspan_analysis.incidents.build import read_period
from whyspan_analysis.report.build import build as build_report
from whyspan_analysis.report.renderers import RENDERERS
from whyspan_analysis.webhook import Webhook, of_alarm, of_reopened
from whyspan_collector.config import Config
from whyspan_collector.service import AnyStore

LOOK_SECONDS: Final = 300.0
"""Between two looks for alarms: each reads a week of runs, 0.2 s for 10,000."""
REPORT_DAYS: Final = 7
FOLDER: Final = "reports"
KEPT: Final = 30
"""Reports kept: a month of daily ones, 2 MB each."""

_log = logging.getLogger(__name__)


class Duties:
    """Keeps the time of everything that is not done at once."""

    def __init__(self, settings: Config, dashboard: str | None) -> None:
        """`dashboard` is the address of the dashboard, for links; None where there is none."""
        self._folder = settings.data / FOLDER
        self._hours = settings.report_hours
        self._dashboard = dashboard
        self._look_at = 0.0
        self._webhook = None
        if settings.webhook_url and settings.webhook_secret:
            self._webhook = Webhook(settings.webhook_url, settings.webhook_secret.get_secret_value(), settings.data)

    def do(self, store: AnyStore) -> None:
        """Does what is due."""
        now = time.time()
        if self._hours and now - latest(self._folder) >= self._hours * 3600:
            write_report(store, self._folder, now, self._dashboard)
        if self._webhook is not None and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            incidents = build_incidents(read_period(store, since_ns=round(now * 1e9) - REPORT_DAYS * DAY_NS)).incidents
            messages = [of_alarm(alarm, self._dashboard) for alarm in read_alarms(store, round(now * 1e9))]
            messages += [of_reopened(each, self._dashboard) for each in incidents if each.reopened]
            self._webhook.tell(messages, now)
        if self._webhook is not None and self._webhook.waiting:
            self._webhook.work(now)


def latest(folder: Path) -> float:
    """When the newest report was written, seconds since the epoch; 0 where there is none."""
    return max((path.stat().st_mtime for path in folder.glob("*.html")), default=0.0)


def write_report(store: AnyStore, folder: Path, now: float, dashboard: str | None) -> Path | None:
    """Writes the report of the last week as HTML and JSON, named by the day; None where no run was stored in it."""
    url = partial(_run_url, dashboard) if dashboard else None
    report = build_report(store, since_ns=round(now * 1e9) - REPORT_DAYS * DAY_NS, run_url=url)
    if not report.totals.runs:
        return None
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"whyspan-{time.strftime('%Y-%m-%d', time.gmtime(now))}"
    for kind in ("json", "html"):
        draft = folder / f"{name}.{kind}.tmp"
        draft.write_text(RENDERERS[kind](report), encoding="utf-8")
        draft.replace(folder / f"{name}.{kind}")
    for old in sorted(folder.glob("whyspan-*.html"))[:-KEPT]:
        old.unlink()
        old.with_suffix(".json").unlink(missing_ok=True)
    _log.info("report written to %s", folder / f"{name}.html")
    return folder / f"{name}.html"


def _run_url(dashboard: str, run_id: str) -> str:
    return f"{dashboard}/investigate?run={quote(run_id)}"
