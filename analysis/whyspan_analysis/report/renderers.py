"""The formats a report can be written in."""

from collections.abc import Callable
from typing import Final

from whyspan_analysis.report import html, markdown
from whyspan_analysis.report.model import Report


def _json(report: Report) -> str:
    return report.model_dump_json(by_alias=True, indent=2) + "\n"


RENDERERS: Final[dict[str, Callable[[Report], str]]] = {"html": html.render, "markdown": markdown.render, "json": _json}
"""Format -> renderer."""
