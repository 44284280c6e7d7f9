"""The columns of runs as the browser gets them, made once for each state of a run.

The page makes them when it has sent everything else, while the browser still draws that: a tenth of a second of the first
look at 20,000 spans.
"""

import json
from pathlib import Path
from threading import Lock
from typing import Final

from whyspan_ui import data
from whyspan_ui.components.columns import columns
from whyspan_ui.data import RUNS_KEPT, Investigation

_lock: Final = Lock()
"""Held while columns are made: who asks for them meanwhile waits instead of making them again."""
_kept: Final[dict[tuple[Path, str, str], bytes]] = {}


def explored(found: Investigation) -> bytes:
    """The columns of a run as JSON, see `components.columns`; those of the latest runs are kept, 2 MB for 20,000 spans."""
    key = data.data_dir(), found.run.run_id, found.revision
    with _lock:
        body = _kept.pop(key, None)
        if body is None:
            body = json.dumps(columns(found.run, found.diagnosis), separators=(",", ":")).encode()
        _kept[key] = body  # now the latest
        while len(_kept) > RUNS_KEPT:
            del _kept[next(iter(_kept))]
    return body
