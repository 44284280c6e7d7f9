"""The sample runs: recorded OTLP requests that ship with Whyspan, one folder per run, in the order they were sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """One recorded run."""

    name: str
    """Framework, instrumentation and what was staged, joined by double underscores."""
    requests: tuple[Path, ...]
    """The recorded bodies in the order they were sent: protobuf, JSON, or either gzipped."""


def samples() -> Iterator[Sample]:
    """All samples by name."""
    for folder in sorted(path for path in folder_of_samples().iterdir() if path.is_dir()):
        requests = tuple(sorted(path for path in folder.iterdir() if path.name[:3].isdigit()))
        if requests:
            yield Sample(folder.name, requests)


def folder_of_samples() -> Path:
    """Where the samples are: inside the installed package, or in the repository it was installed from in place."""
    shipped = Path(str(files("whyspan_ui"))) / "sample_traces"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "sample_traces"
