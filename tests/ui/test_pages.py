"""Every page as a person opens it, run in this process by Streamlit's own test harness."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest

from whyspan.rules.rule import Rule, RuleStatus
from whyspan_analysis.rules.arrival import check_settled
from whyspan_analysis.rules.stored import keep
from whyspan_collector.errors import StoreError
from whyspan_collector.store import Store
from whyspan_ui import data
from whyspan_ui.admission import Role
from whyspan_ui.components.page_file import page_file
from whyspan_ui.components.verdict import banner
from whyspan_ui.pages import __file__ as pages
from whyspan_ui.samples import samples

SHELL = Path(pages).with_name("shell.py")
MCP = Path(__file__).parents[1] / "captures" / "mcp__openinference__tool_timeout_switch"
OpenPage = Callable[..., AppTest]
PAGES = ("runs.py", "investigate.py", "compare.py", "failures.py", "cost.py", "rules.py", "reports.py", "health.py")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """Opens a page on a data folder, with query parameters."""
    # for every app it reads through all installed distributions, of which none brings a component: 0.13 s
    monkeypatch.setattr(BidiComponentManager, "discover_and_register_components", lambda _, **__: None)

    looked_at = ExitStack()

    def open_it(folder: Path, page: str = "runs.py", **parameters: str) -> AppTest:
        monkeypatch.setenv("WHYSPAN_DATA", str(folder))
        looked_at.close()
        with suppress(StoreError):  # held as by another reader: to open it takes as long as to draw a page
            looked_at.enter_context(data.opened())
        app = AppTest.from_file(SHELL, default_timeout=60)
        if page != "runs.py":  # the others are known after a run
            app.run().switch_page(page)
        app.query_params.update(parameters)
        return app.run()

    with looked_at:
        yield open_it


def shown(app: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(element.proto.body for element in app.get("html"))


class Elements(HTMLParser):
    """Collects element names, attributes and text, as a browser would read them."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def run_where(folder: Path, monkeypatch: pytest.MonkeyPatch, **wanted: str) -> dict[str, Any]:
    """The first stored run with these column values."""
    monkeypatch.setenv("WHYSPAN_DATA", str(folder))
    return next(row for row in data.runs().to_pylist() if all(row[name] == value for name, value in wanted.items()))


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_says_how_to_send_data(open_page: OpenPage, empty_data: Path, page: str) -> None:
    """Without a run every page says where it looked and how to send one."""
    app = open_page(empty_data, page)

    assert not app.exception
    assert "No runs yet" in shown(app)
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in shown(app)
    assert str(empty_data) in shown(app)


@pytest.mark.parametrize("page", PAGES)
def test_pages_show_the_samples(open_page: OpenPage, sample_data: Path, page: str) -> None:
    """With the sample runs no page fails, and none claims what only a replay could show."""
    app = open_page(sample_data, page)

    assert not app.exception
    words = " ".join(Elements(shown(app)).words).lower()
    assert "root cause" not in words
    assert "verified" not in words


def test_runs_open_on_the_failures(open_page: OpenPage, sample_data: Path) -> None:
    """The first screen lists the failed runs, each with a verdict in one line and how well it is supported."""
    table = open_page(sample_data).dataframe[0].value

    assert {cell[0] for cell in table["status"]} == {"failed"}
    assert table["verdict"].notna().all()
    assert {grade for cell in table["status"] for grade in cell[1:]} <= {"suspect", "likely", "strong"}


def test_runs_are_filtered_and_searched(open_page: OpenPage, sample_data: Path) -> None:
    """The filter and the search box narrow the table, and say so when nothing is left."""
    app = open_page(sample_data)
    failed = len(app.dataframe[0].value)

    everything = app.segmented_control(key="status").set_value("All").run()
    total = len(everything.dataframe[0].value)
    one = app.text_input(key="q").set_value("get_customer_tier").run()
    assert len(one.dataframe[0].value) == 1
    nothing = app.text_input(key="q").set_value("no such text anywhere").run()

    assert total > failed
    assert not nothing.dataframe
    assert "matches" in shown(nothing)
    assert len(app.text_input(key="q").set_value("status:failed").run().dataframe[0].value) == failed
    assert "did you mean status" in shown(app.text_input(key="q").set_value("statsu:failed").run())


def test_preparations_are_listed_on_request(open_page: OpenPage, fill: Callable[..., Path], tmp_path: Path) -> None:
    """Traces in which peers only introduce themselves are not in the list of runs, which says how many and how to see them."""
    app = open_page(fill(tmp_path, (path.read_bytes() for path in sorted(MCP.iterdir()))), status="All")

    runs = len(app.dataframe[0].value)
    [caption] = [each.value for each in app.caption]
    hidden = int(caption.split()[0])
    assert "`setup:yes`" in caption
    assert len(app.text_input(key="q").set_value("setup:yes").run().dataframe[0].value) == hidden
    assert runs > 0


def test_what_was_undone_is_told_and_not_blamed(
    open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error the run got over stands in the banner with the word that it was recovered."""
    row = run_where(sample_data, monkeypatch, outcome="ok", agent="triage")
    words = " ".join(Elements(shown(open_page(sample_data, "investigate.py", run=row["run_id"]))).words)

    assert "Found besides, and not blamed" in words
    assert "recovered: the run undid it before it mattered" in words


def test_a_banner_stays_short(sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand findings the banner lists fifty, says how many are left out and where they are."""
    row = run_where(sample_data, monkeypatch, outcome="ok", agent="triage")
    found = data.investigation(row["run_id"])
    finding = found.diagnosis.findings[0]
    many = replace(found.diagnosis, findings=[replace(finding, strength=n / 1000) for n in range(1000)])

    body = banner(found.run, many)
    assert "Found besides, and not blamed: 1000" in body
    assert "and 950 more" in body
    assert str(body).count(finding.span_id) == 50


def test_what_a_trace_lets_us_claim(open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for, the page of a run says how many detectors have what they need, and what to capture for the others."""
    row = run_where(sample_data, monkeypatch, outcome="failed", decisive_tool="get_customer_tier")
    app = open_page(sample_data, "investigate.py", run=row["run_id"])
    assert "detectors have what they need" not in shown(app)
    app.session_state[f"claims-{row['run_id']}"] = True

    body = shown(app.run())
    assert re.search(r"\d+ of \d+ detectors have what they need", body)
    assert "with whyspan.decision(...)" in body


def test_runs_leave_out_what_nobody_reported(open_page: OpenPage, hostile_data: Path) -> None:
    """A run without tokens or cost has no such figure and no such column, rather than a zero."""
    app = open_page(hostile_data)

    assert not {"Tokens", "Cost"} & {metric.label for metric in app.metric}
    assert not {"tokens", "cost"} & set(app.dataframe[0].value.columns)


def test_investigate_explains_a_failed_run(
    open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed run opens with its verdict, its chain in order, its rivals and the decisive step selected."""
    row = run_where(sample_data, monkeypatch, outcome="failed", decisive_tool="get_customer_tier")
    app = open_page(sample_data, "investigate.py", run=row["run_id"])

    body = shown(app)
    assert "Why it failed" in body
    assert "get_customer_tier" in body
    assert f'data-span="{row["decisive_span_id"]}"' in body
    assert "<summary>Suspects: 1 step" in body
    payload = json.loads(app.get("bidi_component")[0].proto.json)
    assert payload["sel"] == row["decisive_span_id"]
    assert payload["url"].startswith(f"/api/runs/{row['run_id']}/spans.json")


def test_investigate_opens_the_span_of_the_address(
    open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deep link to a tool call shows its arguments, its result and who used it."""
    row = run_where(sample_data, monkeypatch, outcome="ok", agent="triage")
    found = data.investigation(row["run_id"])
    span = next(span for span in found.run.spans if span.tool)
    app = open_page(sample_data, "investigate.py", run=row["run_id"], span=span.span_id)

    words = " ".join(Elements(shown(app)).words)
    assert "Arguments" in words
    assert "Result" in words
    assert span.tool in words


def test_one_may_ask_why(open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an argument the Why tab says where it came from, with the places as links; of an option, why it was not taken."""
    row = run_where(sample_data, monkeypatch, outcome="failed", decisive_tool="refund_order")
    found = data.investigation(row["run_id"])
    refund = next(span for span in found.run.spans if span.tool == "refund_order")
    searches = [span.span_id for span in found.run.spans if span.tool == "search_orders"]
    app = open_page(sample_data, "investigate.py", run=row["run_id"], span=refund.span_id)

    app.session_state[f"tab-{refund.span_id}"] = "Why"
    app.run()
    question = next(option for option in app.selectbox[0].options if "amount" in option)
    app.selectbox[0].set_value(question).run()
    answer = next(element.proto.body for element in app.get("html") if "Where it came from" in element.proto.body)
    assert any(f'data-span="{span_id}"' in answer for span_id in searches)
    assert "was seen before" in answer

    node = next(node for node in found.diagnosis.decisions if node.choice == "search without the customer")
    app = open_page(sample_data, "investigate.py", run=row["run_id"], span=node.span_id)
    app.session_state[f"tab-{node.span_id}"] = "Why"
    app.run()
    assert "The agent rejected it" in shown(app)


def test_a_failed_run_is_compared_with_one_that_passed(
    open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a second run the most alike passing one is taken; where they part is named, with links into both."""
    row = run_where(sample_data, monkeypatch, outcome="failed", decisive_tool="refund_order")
    app = open_page(sample_data, "compare.py", a=row["run_id"])

    body = shown(app)
    words = " ".join(Elements(body).words)
    assert "First choice that differs" in words
    assert "search without the customer" in words
    assert "Taken:" in words
    assert body.count(f"investigate?run={row['run_id']}&amp;span=") > 3
    equal = body.count('class="equal"')

    app.toggle(key="only").set_value(True).run()
    assert equal
    assert 'class="equal"' not in shown(app)


def test_compare_opens_on_two_runs_of_one_task(
    open_page: OpenPage, sample_data: Path, hostile_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an address a failed run stands beside a passing one of its task; another is chosen by its verdict; without such a pair one may choose."""
    failed = run_where(sample_data, monkeypatch, outcome="failed", decisive_tool="refund_order")
    other = run_where(sample_data, monkeypatch, outcome="failed", decisive_tool="get_customer_tier")
    app = open_page(sample_data, "compare.py")

    assert "with the same task" in shown(app)
    assert app.selectbox[0].value == failed["run_id"]
    label = next(each for each in app.selectbox[0].options if "get_customer_tier" in each)
    app.selectbox[0].select(label).run()
    assert app.query_params["a"] in (other["run_id"], [other["run_id"]])
    assert "this agent has no other run that passed" in shown(app)

    app = open_page(hostile_data, "compare.py")
    assert "No failed run is stored with a passing one of the same task" in shown(app)
    assert len(app.selectbox[0].options) == 1


def test_two_runs_that_are_named_are_compared(
    open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address may name both; a run is not held beside itself, nor beside one that is not there."""
    failed, passed = (run_where(sample_data, monkeypatch, outcome=outcome)["run_id"] for outcome in ("failed", "ok"))

    assert passed[:8] in shown(open_page(sample_data, "compare.py", a=failed, b=passed))
    assert "no other run" in shown(open_page(sample_data, "compare.py", a=failed, b=failed))
    assert "There is no run" in shown(open_page(sample_data, "compare.py", a=failed, b="feedfeed"))


def test_a_prefix_of_a_run_id_is_enough(
    open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link with the first characters of a run id opens the run."""
    row = run_where(sample_data, monkeypatch, outcome="failed")
    app = open_page(sample_data, "investigate.py", run=row["run_id"][:10])

    assert row["run_id"] in shown(app)


def test_an_unknown_run_is_named(open_page: OpenPage, sample_data: Path) -> None:
    """A link to a run that is not stored says so and leads to the list."""
    app = open_page(sample_data, "investigate.py", run="feedfeed")

    assert not app.exception
    assert "feedfeed" in shown(app)
    assert [link.label for link in app.get("page_link")] == ["All runs"]


def test_knowledge_is_labelled(open_page: OpenPage, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the agent recorded and what was derived carry different marks."""
    row = run_where(sample_data, monkeypatch, outcome="failed", decisive_tool="get_customer_tier")
    body = shown(open_page(sample_data, "investigate.py", run=row["run_id"]))

    assert 'class="badge knowledge derived"' in body
    assert 'class="badge knowledge recorded"' in body


def test_hostile_text_stays_text(
    open_page: OpenPage, hostile_data: Path, hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Markup in names, messages, decisions, results and errors is shown letter by letter and never becomes an element."""
    row = run_where(hostile_data, monkeypatch, outcome="failed")
    found = data.investigation(row["run_id"])

    for span in found.run.spans:
        app = open_page(hostile_data, "investigate.py", run=row["run_id"], span=span.span_id)
        assert not app.exception
        elements = Elements(shown(app))
        assert not elements.names & {"script", "img", "iframe", "svg"}
        assert not {name for name in elements.attributes if name.startswith("on")}
        assert hostile in "".join(elements.words)
        assert not any(hostile in markdown.value for markdown in app.markdown)
        app.session_state[f"tab-{span.span_id}"] = "Why"
        assert not Elements(shown(app.run())).names & {"script", "img", "iframe", "svg"}


def test_hostile_text_stays_text_in_a_file(hostile_data: Path, hostile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page taken away as a file has no scripts but its own four, and its details are as harmless as the page."""
    row = run_where(hostile_data, monkeypatch, outcome="failed")
    file = page_file(data.investigation(row["run_id"]))
    elements = Elements(file)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", file, flags=re.DOTALL)

    assert file.count("<script") == len(scripts) == 4
    assert not elements.names & {"img", "iframe", "svg"}
    assert not {name for name in elements.attributes if name.startswith("on")}
    for details in json.loads(scripts[1]).values():
        inside = Elements(details)
        assert not inside.names & {"script", "img", "iframe", "svg"}
        assert hostile in "".join(inside.words)


def test_reports_lead_to_the_runs(open_page: OpenPage, sample_data: Path) -> None:
    """The batch report names the causes and links each example to its run."""
    app = open_page(sample_data, "reports.py")

    assert "What failed, by cause" in shown(app)
    assert "investigate?run=" in shown(app)
    assert [button.label for button in app.get("download_button")] == ["HTML", "Markdown", "JSON"]


def test_scheduled_reports_are_offered(open_page: OpenPage, sample_data: Path, tmp_path: Path) -> None:
    """What `whyspan up` has written is there to take away, the latest first."""
    folder = shutil.copytree(sample_data, tmp_path / "data")
    (folder / "reports").mkdir()
    for day in ("2026-11-20", "2026-11-21"):
        (folder / "reports" / f"whyspan-{day}.html").write_text("<!doctype html>")
    app = open_page(folder, "reports.py")

    offered = [button.proto.label for button in app.get("download_button")]
    assert offered[-2:] == ["whyspan-2026-11-21", "whyspan-2026-11-20"]


def test_failures_are_grouped_by_cause(open_page: OpenPage, sample_data: Path) -> None:
    """Each cause says how often, where and since when, and leads to the decisive step of runs that show it; a filter narrows them."""
    app = open_page(sample_data, "failures.py")

    body = shown(app)
    assert "The wrong record was acted on" in body
    assert "refund_order" in body
    assert "last seen" in body
    links = body.count('href="investigate?run=')
    assert links == data.runs()["outcome"].to_pylist().count("failed")
    assert body.count("&amp;span=") == links
    assert len(app.get("plotly_chart")) == 2

    app.text_input(key="q").set_value("tool:refund_order").run()
    assert shown(app).count('href="investigate?run=') == 1
    app.text_input(key="q").set_value("status:ok").run()
    assert "has failed" in shown(app)


def test_cost_says_what_is_known_and_of_how_much(open_page: OpenPage, sample_data: Path, hostile_data: Path) -> None:
    """By model and by agent; what nobody reported is unknown, not zero; a filter and the choice are in the address."""
    app = open_page(sample_data, "cost.py", by="By agent")

    assert app.segmented_control(key="by").value == "By agent"
    table = app.dataframe[0].value
    assert "travel" in set(table["Agent"])
    assert table.loc[table["Agent"] == "travel", "Cost"].item() == "unknown"
    app.segmented_control(key="by").set_value("By model").run()
    table = app.dataframe[0].value
    assert "by list prices" in " ".join(table["Cost"])
    assert len(app.get("plotly_chart")) == 4

    nothing = open_page(hostile_data, "cost.py")
    assert not nothing.exception
    assert "No run reported its tokens" in shown(nothing)
    assert nothing.metric[0].value == "unknown"


def test_a_verdict_is_judged(
    open_page: OpenPage, hostile_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person says of a verdict is kept in their name, shown with the run and counted on the Health page; a viewer may only read it."""
    folder = shutil.copytree(hostile_data, tmp_path / "data")
    row = run_where(folder, monkeypatch, outcome="failed")
    monkeypatch.setattr("whyspan_ui.components.person.person_of", lambda _: "ada@example.com")
    app = open_page(folder, "investigate.py", run=row["run_id"])
    opened = f"judging-{row['run_id']}"
    app.session_state[opened] = True
    app.run()
    app.radio[0].set_value("Wrong")
    app.checkbox[0].check()
    app.text_area[0].set_value("it was <b>another</b>")
    assert [each.label for each in app.text_input] == []  # who has signed in is not asked for a name
    app.button[-1].click().run()

    (said,) = data.annotations(row["run_id"])
    assert (said["judgement"], said["grade"], said["note"]) == ("wrong", row["grade"], "it was <b>another</b>")
    assert said["person"] == "ada@example.com"
    assert said["span_id"] == row["decisive_span_id"]
    assert "it was &lt;b&gt;another" in shown(app)
    assert "1 wrong" in " ".join(Elements(shown(open_page(folder, "health.py"))).words)

    monkeypatch.setattr("whyspan_ui.components.person.role_of", lambda _: Role.VIEWER)
    app = open_page(folder, "investigate.py", run=row["run_id"])
    app.session_state[opened] = True
    assert not app.run().radio
    assert "You may look here" in shown(app)


def test_an_incident_is_acted_on(
    open_page: OpenPage, hostile_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person does about an incident on the page is what the command line would record, and stands there then; a viewer may only look."""
    folder = shutil.copytree(hostile_data, tmp_path / "data")
    app = open_page(folder, "failures.py")
    app.session_state["acting"] = True
    app.run()
    incident = app.selectbox[0].value
    app.radio[0].set_value("Fixed").run()
    for label, words in (("Version that holds the fix", "1.4.0"), ("Your name", "ada")):
        next(each for each in app.text_input if each.label == label).set_value(words)
    app.button[-1].click().run()
    app.radio[0].set_value("Note").run()
    app.text_area[0].set_value("the vendor <b>knows</b>")
    app.button[-1].click().run()

    with data.opened() as store:
        fixed, noted = store.query("incident_events").to_pylist()
    assert (fixed["incident"], fixed["value"], fixed["version"], fixed["person"]) == (incident, "fixed", "1.4.0", "ada")
    assert (noted["kind"], noted["value"], noted["person"]) == ("note", "the vendor <b>knows</b>", None)
    assert "the vendor &lt;b&gt;knows" in shown(app)
    assert "Fixed in" in shown(app)

    monkeypatch.setattr("whyspan_ui.components.person.role_of", lambda _: Role.VIEWER)
    app = open_page(folder, "failures.py")
    app.session_state["acting"] = True
    assert not app.run().radio
    assert "not change anything" in shown(app)


def test_health_says_what_is_not_captured(open_page: OpenPage, sample_data: Path) -> None:
    """Every source of spans is listed with what it leaves out."""
    table = open_page(sample_data, "health.py").dataframe[0].value

    assert "openinference" in set(table["Vocabulary"])
    assert table["Not captured"].str.len().gt(0).all()


def test_an_unreadable_store_is_explained(open_page: OpenPage, tmp_path: Path) -> None:
    """A file that is no database is named on the page, with what to do."""
    (tmp_path / "whyspan.duckdb").write_text("this is not a database")
    app = open_page(tmp_path)

    assert not app.exception
    assert "The data cannot be read" in shown(app)
    assert "whyspan.duckdb" in shown(app)


def test_rules_are_shown_with_what_broke_them(
    open_page: OpenPage, fill: Callable[..., Path], tmp_path: Path, hostile: str
) -> None:
    """A rule in force stands there with its evidence, and the runs that broke it with its words, literally."""
    sample = next(each for each in samples() if each.name == "openai-agents__openinference__hallucinated_tool")
    folder = fill(tmp_path, (path.read_bytes() for path in sample.requests))
    rule = Rule("only-offered-tools", "absence", "!offered()", message=hostile, status=RuleStatus.ACTIVE)
    with closing(Store(folder)) as store:
        keep(store, [rule], "activated", person="ada")
        check_settled(store)

    app = open_page(folder, "rules.py")

    assert not app.exception
    assert app.dataframe[0].value["Broken by"].tolist() == [1]
    page = Elements(shown(app))
    assert hostile in " ".join(page.words)
    assert not {"img", "script"} & page.names
