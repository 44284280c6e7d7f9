"""Writes the JSON Schemas of the machine output to a folder: `python -m whyspan_analysis.output [docs/schemas]`."""

import sys
from pathlib import Path

from whyspan_analysis.output import DOCUMENTS, schema

for name in DOCUMENTS:
    folder = sys.argv[1] if len(sys.argv) > 1 else "docs/schemas"
    Path(folder, f"{name}.schema.json").write_text(schema(name), encoding="utf-8")
