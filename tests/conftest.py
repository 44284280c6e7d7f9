"""What every folder of tests may use: the sample recordings as a data folder."""

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.pop("COLUMNS", None)  # workers of a parallel run are told 80; tests read what a pipe gets
settings.register_profile("whyspan", deadline=None)  # a loaded machine is no defect: timings live in benchmarks
settings.load_profile("whyspan")

Fill = Callable[[Path, Iterable[bytes]], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the folders whose files take longest first: of two workers neither is left alone with one at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("e2e", "examples"))


@pytest.fixture(scope="session")
def fill() -> Fill:
    """Stores and diagnoses the OTLP requests in these bodies, as one data folder."""
    from whyspan_analysis.batch import diagnose_pending
    from whyspan_collector import otlp
    from whyspan_collector.store import Store

    def fill_it(folder: Path, bodies: Iterable[bytes]) -> Path:
        with closing(Store(folder)) as store:
            requests = [request for body in bodies for request in otlp.requests(body, 1 << 26)]
            batches = [otlp.decode(each.signal, each.body, each.encoding) for each in requests]
            spans, logs = [s for each in batches for s in each.spans], [log for each in batches for log in each.logs]
            store.ingest(spans, logs, arrived_ns=1)  # one commit; that batches do not matter is a test of its own
            diagnose_pending(store)
        return folder

    return fill_it


@pytest.fixture(scope="session")
def sample_data(fill: Fill, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample recordings, stored and diagnosed. Only to be read."""
    from whyspan_ui.samples import samples

    return fill(tmp_path_factory.mktemp("samples"), (path.read_bytes() for s in samples() for path in s.requests))
