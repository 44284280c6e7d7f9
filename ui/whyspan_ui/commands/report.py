"""`whyspan report`: what failed over many runs, why, what it cost and what could not be judged."""

import argparse
from functools import partial
from pathlib import Path
from typing import Final

from whyspan_analysis.report.build import build
from whyspan_analysis.report.renderers import RENDERERS
from whyspan_ui import terminal
from whyspan_ui.commands import access, processes
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "whyspan report                                # whyspan-report.html, one file, opens offline",
    "whyspan report --since 7d --output weekly.html",
    "whyspan report 'env:production agent:support*'",
    "whyspan report --versions 1.3 1.4             # what the newer version changed",
    "whyspan report --format markdown >> $GITHUB_STEP_SUMMARY",
    "whyspan report --format json | jq .totals",
)
DEFAULT_FILE: Final = Path("whyspan-report.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, in which format, where to."""
    access.add_filter(parser)
    access.add_since(parser)
    parser.add_argument(
        "--versions",
        nargs=2,
        metavar=("OLD", "NEW"),
        help="compare two versions (default: the period with the one before, or the last week with all before)",
    )
    parser.add_argument(
        "--format", choices=tuple(RENDERERS), default="html", help="html, markdown or json (default: html)"
    )
    parser.add_argument("--json", action="store_const", dest="format", const="json", help="the same as --format json")
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help=f"where to write it, - for standard output (default: html to {DEFAULT_FILE}, others to standard output)",
    )
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the report."""
    settings = access.config(options)
    wanted = access.filter_text(options)
    with access.opened(options) as store:
        access.diagnose_settled(store, settings.quiet_seconds)
        dashboard = processes.dashboard_url(settings.data)
        url = partial(processes.run_url, dashboard) if dashboard else None
        versions = tuple(options.versions) if options.versions else None
        report = build(store, since_ns=options.since, filter_text=wanted, versions=versions, run_url=url)
    document = RENDERERS[options.format](report)
    target = options.output or (DEFAULT_FILE if options.format == "html" else Path("-"))
    if target == Path("-"):
        terminal.print_plain(document)
        return 0
    try:
        target.write_text(document, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}; name another file with --output") from error
    for line in report.summary:
        terminal.err.print(terminal.sentence(line))
    terminal.err.print(terminal.text(f"Written to {target.absolute()}"), soft_wrap=True)
    return 0
