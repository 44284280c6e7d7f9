"""The three processes of Whyspan on one data folder, and where its dashboard is while they run."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from whyspan_collector.config import Config
from whyspan_ui.supervisor import Program

_ANNOUNCEMENT: Final = "dashboard.json"


def programs(settings: Config, dashboard_port: int) -> tuple[Program, Program, Program]:
    """Collector, worker and dashboard, in the order they start."""
    dashboard = f"http://127.0.0.1:{dashboard_port}"
    data = ("--data", str(settings.data))
    listen = ("--host", settings.host, "--port", str(settings.port), "--grpc-port", str(settings.grpc_port))
    return (
        Program(
            "collector",
            (sys.executable, "-m", "whyspan_collector.service", *data, *listen),
            f"{settings.url}/api/health",
        ),
        Program("worker", (sys.executable, "-m", "whyspan_analysis.worker", *data, "--dashboard", dashboard)),
        Program(
            "dashboard",
            (sys.executable, "-m", "whyspan_ui.app", *data, "--port", str(dashboard_port)),
            f"{dashboard}/_stcore/health",
        ),
    )


@contextmanager
def announced(folder: Path, url: str) -> Iterator[None]:
    """Lets other commands find the dashboard of this folder while the block runs."""
    path = folder / _ANNOUNCEMENT
    path.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def dashboard_url(folder: Path) -> str | None:
    """Where the dashboard of this folder is, None when none runs."""
    try:
        announcement = json.loads((folder / _ANNOUNCEMENT).read_text(encoding="utf-8"))
        os.kill(announcement["pid"], 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(announcement["url"])


def run_url(dashboard: str, run_id: str) -> str:
    """The address of a run in the dashboard."""
    return f"{dashboard}/investigate?run={quote(run_id)}"
