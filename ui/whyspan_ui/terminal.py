"""What the commands print: one console for results, one for everything that must not mix with them.

Text from traces goes through `printable` into `rich.text.Text`, never through rich's markup.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TextIO

from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from whyspan_analysis.report.wording import pieces
from whyspan_ui.printable import printable

_PIPED_WIDTH: Final = 160
"""Columns where nobody can say: into a pipe or a file. 80 would break every verdict."""


class _Console(Console):
    """Rich's console, which leaves a closed pipe to the command line instead of exiting with status 1."""

    def on_broken_pipe(self) -> None:
        """Called while the BrokenPipeError is handled."""
        raise  # noqa: PLE0704 - the error being handled


def _console(stream: TextIO, *, stderr: bool) -> Console:
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return _Console(markup=False, highlight=False, emoji=False, stderr=stderr, width=width)


out: Final = _console(sys.stdout, stderr=False)
"""Results, on standard output."""
err: Final = _console(sys.stderr, stderr=True)
"""Progress, notes and hints, on standard error."""

STYLES: Final = {
    "ok": "green",
    "failed": "bold red",
    "unknown": "yellow",
    "strong": "bold",
    "likely": "",
    "suspect": "dim",
    "none": "dim",
    "recorded": "green",
    "derived": "blue",
    "inferred": "magenta",
}
"""Word of an outcome, grade or class of knowledge -> rich style."""


def word(value: str) -> Text:
    """An outcome, grade or class of knowledge in its colour."""
    return Text(printable(value), style=STYLES.get(value, ""))


def text(*pieces: str | tuple[str, str] | Text | None) -> Text:
    """Joins pieces, each a text or a (text, style), into one printable text; None is left out."""
    joined = Text()
    for piece in pieces:
        if isinstance(piece, Text):
            joined.append_text(piece)
        elif isinstance(piece, tuple):
            joined.append(printable(piece[0]), style=piece[1])
        elif piece is not None:
            joined.append(printable(piece))
    return joined


def print_json(document: str) -> None:
    """Writes a JSON document to standard output on one line, ASCII only: nothing in it can control the terminal."""
    sys.stdout.write(json.dumps(json.loads(document)) + "\n")
    sys.stdout.flush()


def print_plain(document: str) -> None:
    """Writes a text document to standard output as it is: no wrapping, no colour; what a terminal could obey is replaced."""
    sys.stdout.write(printable(document).rstrip("\n") + "\n")
    sys.stdout.flush()


def sentence(words: str) -> Text:
    """One of our sentences: what stands between backticks is a name or value from the trace, shown bold where there is bold."""
    if out.color_system is None:
        return text(words)
    return text(*((piece, "bold") if is_code else piece for piece, is_code in pieces(words)))


def print_list(titles: Sequence[str], rows: Sequence[tuple[Sequence[Text | str], Sequence[Text]]]) -> None:
    """Prints rows of (cells, notes), the cells in columns and the notes below them with all the width there is."""
    cells = [
        [cell if isinstance(cell, Text) else text(cell) for cell in row] for row in (titles, *(row for row, _ in rows))
    ]
    widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
    every_note: list[Sequence[Text]] = [(), *(notes for _, notes in rows)]
    for place, (row, notes) in enumerate(zip(cells, every_note, strict=True)):
        for cell, width in zip(row, widths, strict=True):
            cell.pad_right(width - cell.cell_len)
        line = Text("  ").join(row)
        out.print(Text(line.plain, style="dim") if place == 0 else line, no_wrap=True, overflow="ellipsis")
        for note in notes:
            out.print(Padding(note, (0, 0, 0, 4), expand=False))


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """Nothing until it is known."""
        return Text(f"{task.speed:.0f}/s" if task.speed else "", style="dim")


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Any]:
    """A progress bar on standard error; yields `advance(done, total)`. Silent where standard error is not a terminal."""
    described, left = TextColumn("{task.description}"), TimeRemainingColumn(compact=True)
    columns = (described, BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn(), TextColumn("left"), left)
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total)

        def advance(done: int, of: int | None = None) -> None:
            bar.update(task, completed=done, total=of if of is not None else total)

        yield advance
