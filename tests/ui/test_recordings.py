"""Every recording as Investigate shows it: its page with the details of all its spans, without a browser."""

import json
import re
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import pytest
from recordings import FOLDERS, records

from whyspan_analysis.batch import diagnose_pending
from whyspan_collector.store import Store
from whyspan_ui import data
from whyspan_ui.components.page_file import page_file


class Panels(HTMLParser):
    """The words of each section but its heading and its marks."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append("badge" if "badge" in (dict(attrs).get("class") or "") else tag)
        if tag == "section":
            self.words.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() in (tag, "badge")

    def handle_data(self, words: str) -> None:
        if "section" in self.open and not {"h2", "h4", "badge"} & set(self.open):
            self.words[-1] += words


def test_no_panel_of_any_recording_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run has a verdict in words, and in each section of every span stands something, or why there is nothing."""
    recorded = [records(name) for name in FOLDERS]
    with closing(Store(tmp_path)) as store:
        store.ingest(
            [span for spans, _ in recorded for span in spans], [log for _, logs in recorded for log in logs], 1
        )
        diagnose_pending(store)
    monkeypatch.setenv("WHYSPAN_DATA", str(tmp_path))

    with data.opened():
        run_ids = data.newest("", 1_000)
        assert len(run_ids) > len(FOLDERS)
        for run_id in run_ids:
            found = data.investigation(run_id)
            file = page_file(found)
            (verdict,) = Panels(re.search(r"<section.*?</section>", file, flags=re.DOTALL)[0]).words
            details = json.loads(re.search(r'<script id="details"[^>]*>(.*?)</script>', file)[1])
            assert verdict.strip(), run_id
            assert set(details) == set(found.run.order)
            for span_id, detail in details.items():
                panels = Panels(detail).words
                assert panels, span_id
                assert all(words.strip() for words in panels), (run_id, span_id, detail)
