"""The report as one HTML file that needs nothing else: charts, styles and Plotly's script are inside, no address is contacted."""

import base64
import gzip
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from whyspan_analysis.incidents.words import change_words, prevention_words
from whyspan_analysis.report import wording
from whyspan_analysis.report.charts import charts
from whyspan_analysis.report.model import Report

_HERE = Path(__file__).parent
_PAGES = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
_PAGES.filters |= {
    name: getattr(wording, name)
    for name in ("cost", "count", "dollars", "duration", "number", "percent", "pieces", "when")
}
_PAGES.filters |= {"change_words": change_words, "prevention_words": prevention_words}


def render(report: Report) -> str:
    """The page. Everything from traces is escaped by the template; what is `Markup` below is ours."""
    figures = charts(report)
    # JSON inside a script element ends where `</script` stands, so no `<` may stand in it.
    figures_json = "{" + ",".join(f'"{place}":{figure}' for place, figure in figures.items()) + "}"
    return _PAGES.get_template("page.html.j2").render(
        report=report,
        figures=figures,
        figures_json=Markup(figures_json.replace("<", "\\u003c")),  # noqa: S704 - escaped for its place just here
        css=_own("page.css"),
        js=_own("page.js"),
        plotly_gzip=_plotly() if figures else "",
    )


@cache
def _plotly() -> str:
    """Plotly's script, which is 4.8 MB, in 2: browsers inflate what is gzipped themselves."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()


def _own(name: str) -> Markup:
    return Markup((_HERE / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file
