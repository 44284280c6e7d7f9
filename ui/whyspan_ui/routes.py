"""What the dashboard serves beside its pages: a run as columns, its diagnosis to copy, its page as a file."""

import json
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from whyspan_analysis.output.diagnosis import diagnosis_document
from whyspan_analysis.report import markdown
from whyspan_ui import data
from whyspan_ui.components.columns import NOTES, depth_first, notes
from whyspan_ui.components.page_file import page_file
from whyspan_ui.data import Investigation
from whyspan_ui.explored import explored

_KEPT: Final = {"Cache-Control": "private, max-age=3600"}  # the address has the run's revision
_Answer = Callable[[Investigation, Request], Response]


def _serve(path: str, answer: _Answer) -> Route:
    """A GET route about a run; 404 where there is no such run."""

    def found_and_answered(request: Request) -> Response:
        found = data.investigation(request.path_params["run_id"])
        return PlainTextResponse("There is no such run.\n", 404) if found is None else answer(found, request)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(found_and_answered, request)

    return Route(f"/api/runs/{{run_id}}/{path}", endpoint)


def _spans(found: Investigation, _: Request) -> Response:
    """The run as columns; see `components.columns`."""
    return _json(explored(found), _KEPT)


def _notes(found: Investigation, request: Request) -> Response:
    """What came out of the `NOTES` rows from `from` on, one line each."""
    start = request.query_params.get("from", "0")
    spans = depth_first(found.run)[int(start) if start.isdecimal() else 0 :][:NOTES]
    told = notes(spans, data.bodies(found.run.run_id, [span.span_id for span in spans]))
    return _json(json.dumps(told).encode(), _KEPT)


def _saying(found: Investigation, request: Request) -> Response:
    """The ids of the spans that say the words, by the text index."""
    span_ids = data.saying(found.run.run_id, request.query_params.get("words", ""))
    return _json(json.dumps(span_ids).encode(), {"Cache-Control": "no-store"})


def _diagnosis(found: Investigation, _: Request) -> Response:
    """`whyspan.diagnosis/1`, as `whyspan why RUN --format json` prints it."""
    document = diagnosis_document(found.diagnosis).model_dump_json(by_alias=True, indent=2)
    return Response(document, media_type="application/json")


def _markdown(found: Investigation, _: Request) -> Response:
    """As `whyspan why RUN --format markdown` prints it."""
    document = diagnosis_document(found.diagnosis).model_dump(mode="json", by_alias=True)
    return Response(markdown.explain(document), media_type="text/markdown; charset=utf-8")


def _page(found: Investigation, _: Request) -> Response:
    """The page as one HTML file that needs no server."""
    name = f"whyspan-{found.run.run_id}.html"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(page_file(found), media_type="text/html", headers=headers)


def _json(body: bytes, headers: dict[str, str]) -> Response:
    return Response(body, media_type="application/json", headers=headers)


ROUTES: Final[list[BaseRoute]] = [
    _serve("spans.json", _spans),
    _serve("notes.json", _notes),
    _serve("saying.json", _saying),
    _serve("diagnosis.json", _diagnosis),
    _serve("diagnosis.md", _markdown),
    _serve("page.html", _page),
]
