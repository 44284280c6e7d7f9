"""The machine output: pydantic models of what `--json` prints, one module for each document.

These models are the contract. `python -m whyspan_analysis.output` writes their JSON Schemas to `docs/schemas`; fields
may be added to a version, what is there keeps its meaning.
"""

import json

from whyspan_analysis.output.diagnosis import DiagnosisDocument
from whyspan_analysis.output.parts import Document
from whyspan_analysis.output.run import RunDocument
from whyspan_analysis.output.runs import PinsDocument, RunsDocument
from whyspan_analysis.output.spans import SpansDocument

DOCUMENTS: dict[str, type[Document]] = {
    "runs": RunsDocument,
    "spans": SpansDocument,
    "pins": PinsDocument,
    "run": RunDocument,
    "diagnosis": DiagnosisDocument,
}
"""File name in `docs/schemas` -> its model."""


def schema(name: str) -> str:
    """The JSON Schema of a document as the text of its file."""
    document = DOCUMENTS[name].model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"
