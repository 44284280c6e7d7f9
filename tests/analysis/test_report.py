"""The batch report over the sample recordings: what it says, what it does not claim, and that it is safe to open."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from whyspan_analysis import fleet
from whyspan_analysis.incidents.build import read_period
from whyspan_analysis.report import proposed, wording
from whyspan_analysis.report.build import build
from whyspan_analysis.report.model import Report, schema
from whyspan_analysis.report.renderers import RENDERERS
from whyspan_collector.store import Store

ROOT = Path(__file__).parents[2]
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> | `x` [a](javascript:1) {{7*7}}"


@pytest.fixture(scope="module")
def store(fill: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The sample recordings and a failed run whose every name is hostile, diagnosed."""
    bodies = [path.read_bytes() for path in sorted((ROOT / "sample_traces").glob("*/[0-9]*"))]
    folder = fill(tmp_path_factory.mktemp("data"), [*bodies, json.dumps(hostile_request()).encode()])
    with closing(Store(folder)) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(store: Store) -> Report:
    """The report over all of them, with links into a dashboard."""
    return build(store, run_url=lambda run_id: f"http://127.0.0.1:8501/investigate?run={run_id}")


def hostile_request() -> dict[str, Any]:
    """A failed agent run with one failed tool call; every text is an attack on whoever shows it."""

    def span(span_id: str, parent: str, operation: str, **attributes: str) -> dict[str, Any]:
        named = {"gen_ai.operation.name": operation, **attributes}
        return {
            "traceId": "e" * 32,
            "spanId": span_id * 16,
            "parentSpanId": parent * 16,
            "name": HOSTILE,
            "startTimeUnixNano": "1767225600000000000",
            "endTimeUnixNano": "1767225601000000000",
            "status": {"code": 2, "message": HOSTILE},
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in named.items()],
        }

    agent = span("1", "", "invoke_agent", **{"gen_ai.agent.name": HOSTILE})
    tool = span("2", "1", "execute_tool", **{"gen_ai.tool.name": HOSTILE, "gen_ai.tool.call.arguments": HOSTILE})
    return {"resourceSpans": [{"scopeSpans": [{"spans": [agent, tool]}]}]}


# --- what it says -----------------------------------------------------------------------------------------------


def test_a_cause_comes_with_a_proposed_rule_or_the_reason_why_not(
    report: Report, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule is shown with what it did on stored runs and the intervals; where none is proposed, the reason is computed.

    Of rare causes it is said that none was looked for, once the more frequent ones took the time there is.
    """
    told = {cause.incident.parts.detector: cause.proposed for cause in report.causes}
    found = told["unknown_tool"]

    assert found is not None
    assert (found.stopped, found.hit) == ("1/1", "0/4")
    assert found.hit_interval is not None
    assert 0.4 < found.hit_interval[1] < 0.6
    assert "`whyspan rules propose" in found.text
    assert all(each and (each.rule_id or each.text.startswith("No rule is proposed")) for each in told.values())

    monkeypatch.setattr(proposed, "SPANS", 1)
    incidents = [cause.incident for cause in report.causes]
    first, *others = proposed.proposals(store, incidents, read_period(store).runs)
    assert first == report.causes[0].proposed
    assert {each.text.partition(":")[0] for each in others} == {"No rule was looked for"}


def test_every_run_is_in_exactly_one_outcome(report: Report, store: Store) -> None:
    """The outcomes add up to the runs, the causes to the failures, the periods to the runs whose start is known."""
    totals = report.totals

    assert totals.runs == store.query("totals")["runs"][0].as_py()
    assert totals.failed + totals.ok + totals.unknown + totals.not_diagnosed == totals.runs
    assert sum(cause.runs for cause in report.causes) == totals.failed == sum(totals.grades.values())
    assert sum(period.failed + period.ok + period.unknown for period in report.periods) == totals.runs
    assert sum(agent.runs for agent in report.agents) == totals.runs


def test_summary_is_short_and_starts_with_the_failures(report: Report) -> None:
    """At most ten lines, the first of which says how many runs failed."""
    assert 3 <= len(report.summary) <= 10
    assert report.summary[0].startswith(f"{report.totals.failed} of {report.totals.runs} runs failed")


def test_causes_come_with_quoted_examples(report: Report) -> None:
    """A cause has an example run whose sentences carry their class and quotes from the trace, and a link to it."""
    (unknown_tool,) = [cause for cause in report.causes if cause.detector == "unknown_tool"]

    example = unknown_tool.examples[0]
    assert "get_customer_tier" in str(example.verdict)
    assert {sentence.source for sentence in example.chain} <= {"recorded", "derived"}
    assert any(ref.quote for sentence in example.chain for ref in sentence.refs)
    assert example.url == f"http://127.0.0.1:8501/investigate?run={example.run_id}"


def test_since_leaves_out_older_runs(store: Store, report: Report) -> None:
    """Only runs that started since then are counted."""
    newest = build(store, since_ns=2**63 - 1)

    assert newest.totals.runs == 0
    assert newest.summary == ["No run is stored for this report."]
    for render in RENDERERS.values():
        assert render(newest)


def test_unknown_is_not_zero() -> None:
    """Sums over runs that reported nothing are unknown; a run that reported part of them counts as what it reported."""
    rows = pa.table(
        {
            "run_id": ["a", "b", "c"],
            "agent": ["silent", "partly", "partly"],
            "outcome": ["failed", "failed", "ok"],
            "start_ns": pa.array([0, 10**18, 10**18], pa.uint64()),
            "end_ns": pa.array([2**64 - 1, 10**18 + 10**9, 10**18 + 3 * 10**9], pa.uint64()),
            "clock_valid": [False, True, True],
            "input_tokens": pa.array([None, None, 7], pa.int64()),
            "output_tokens": pa.array([None, 5, None], pa.int64()),
            "cost": pa.array([None, None, 0.5], pa.float64()),
            "costs_recorded": [0, 0, 1],
            "costs_derived": [0, 0, 2],
            "costs_unknown": [4, 1, 0],
        }
    )

    partly, silent = fleet.spending(fleet.with_times(rows), "agent").to_dicts()

    assert [silent[name] for name in ("input_tokens", "failed_tokens", "cost", "failed_cost", "median_ms")] == [
        None
    ] * 5
    assert (partly["input_tokens"], partly["output_tokens"], partly["failed_tokens"]) == (7, 5, 5)
    assert (partly["cost"], partly["failed_cost"], partly["median_ms"]) == (0.5, None, 2000.0)
    assert [partly[name] for name in fleet.COSTS] == [1, 2, 1]


def test_a_cost_says_how_it_is_known() -> None:
    """Reported, computed or both, of all calls or of some; never a sum that hides what is missing."""
    assert wording.cost(None, 0, 0, 3) == "unknown"
    assert wording.cost(0.42, 3, 0, 0) == "$0.42 reported"
    assert wording.cost(0.42, 0, 3, 0) == "$0.42 by list prices"
    assert wording.cost(0.42, 0, 3, 2) == "$0.42 by list prices for 3 of 5 calls"
    assert wording.cost(0.42, 1, 3, 1) == "$0.42 for 4 of 5 calls (3 by list prices)"


def test_spending_by_model_counts_each_model_for_itself(store: Store, report: Report) -> None:
    """What a run used is divided among its models, and the sums are those of the runs."""
    runs = fleet.with_times(store.query("diagnoses"))
    names = [model.name for model in report.models]

    assert len(names) == len(set(names)) > 3
    assert sum(model.input_tokens or 0 for model in report.models) == runs["input_tokens"].sum()
    assert sum(model.cost or 0 for model in report.models) == pytest.approx(runs["cost"].sum())
    for name in fleet.COSTS:
        assert sum(getattr(model, name) for model in report.models) == runs[name].sum()


def test_nothing_is_called_verified(report: Report) -> None:
    """No rendering claims that a cause was verified: nothing was replayed."""
    without_script = re.sub(r"<script>.*?</script>", "", RENDERERS["html"](report), flags=re.DOTALL)

    for document in (without_script, RENDERERS["markdown"](report), RENDERERS["json"](report)):
        assert "verified" not in document.lower()
        assert "root cause" not in document.lower()


# --- the formats ------------------------------------------------------------------------------------------------


def test_json_matches_its_published_schema(report: Report) -> None:
    """`whyspan.report/1` is what docs/schemas says, and reads back as the same report."""
    assert (ROOT / "docs/schemas/report.schema.json").read_text(encoding="utf-8") == schema()
    assert Report.model_validate_json(RENDERERS["json"](report)) == report


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_html_is_one_file_that_fetches_nothing(report: Report) -> None:
    """Under 5 MB, Plotly inside once, no element that loads anything, links lead to the dashboard only."""
    page = RENDERERS["html"](report)

    elements = Elements(page).found
    assert len(page.encode()) < 5_000_000
    (packed,) = re.findall(r'<script type="text/plain" id="plotly">([\w+/=]+)</script>', page)
    assert gzip.decompress(base64.b64decode(packed)).count(b"plotly.js v") == 1
    assert not [
        tag for tag, attributes in elements if tag in {"link", "img", "iframe", "object"} or "src" in attributes
    ]
    links = {attributes["href"] for tag, attributes in elements if tag == "a"}
    assert links
    assert all(str(link).startswith(("http://127.0.0.1:8501/investigate?run=", "#incident-")) for link in links)


def test_html_shows_hostile_text_as_text(report: Report) -> None:
    """Names from traces make no element and no attribute, in the page as in the figures."""
    page = RENDERERS["html"](report)

    elements = Elements(page).found
    assert sum(tag == "script" for tag, _ in elements) == 3
    assert not [attributes for _, attributes in elements if any(name.startswith("on") for name in attributes)]
    assert "&lt;/script&gt;&lt;script&gt;document.title=" in page
    assert "{{7*7}}" in page


def test_markdown_shows_hostile_text_as_text(report: Report) -> None:
    """No HTML, no link and no table cell of the trace's own making."""
    document = RENDERERS["markdown"](report)
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", document)

    assert not re.search(r"(?<!\\)<(?!sub>|/sub>|http://127)", outside_code)
    assert not re.search(r"(?<!\\)\]\(javascript", outside_code)
    tables = [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", document, flags=re.MULTILINE)]
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table}) == 1
