"""The store over loopback HTTP, for the processes that cannot hold the database file themselves.

Tables travel as Arrow IPC streams, small things as JSON. A request must name a local host, so that a web page whose
domain points here (DNS rebinding) reads nothing.
"""

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias

import pyarrow as pa
from anyio import CapacityLimiter, to_thread
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from whyspan_collector import metrics, sql
from whyspan_collector.access import READ_TOKEN, Unauthorized, check_token
from whyspan_collector.annotations import read_annotation
from whyspan_collector.body import read_body
from whyspan_collector.config import Config
from whyspan_collector.copies import DATABASE
from whyspan_collector.errors import QueryError, StoreError, StoreUnavailable
from whyspan_collector.forward import Forwarder
from whyspan_collector.gate import Gate
from whyspan_collector.incident_events import read_event
from whyspan_collector.ingest import Ingest
from whyspan_collector.otlp import TooLarge
from whyspan_collector.rule_checks import read_checks
from whyspan_collector.rule_events import read_rule_event
from whyspan_collector.store import Store

ARROW: Final = "application/vnd.apache.arrow.stream"
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_THREADS: Final = 8
"""Reads at once; apart from the receiver's threads, so that slow queries never delay an acknowledgement."""
_DRAIN_SECONDS: Final = 60.0
"""How long a drain waits before it says why it is not done; the client asks again."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What the API gives access to."""

    store: Store
    ingest: Ingest
    config: Config
    gate: Gate
    forwarder: Forwarder | None = None
    """None where nothing is forwarded."""
    grpc: str | None = None
    """Where gRPC is listened for; None where it is not."""
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_THREADS))


_Handler: TypeAlias = Callable[[Backend, Request], Awaitable[Response]]


class _NoSuchQuery(Exception):
    """The name in the path is that of no query."""


class _NotLocal(Exception):
    """The Host header names something that is not this machine."""


_STATUS: Final[dict[type[Exception], int]] = {
    Unauthorized: 401,
    _NotLocal: 403,
    _NoSuchQuery: 404,
    QueryError: 400,
    pa.ArrowInvalid: 400,
    ValueError: 400,
    TooLarge: 413,
    StoreUnavailable: 503,
    StoreError: 500,
}


def routes(backend: Backend) -> list[BaseRoute]:
    """`/metrics`, and everything under `/api`."""
    handlers: list[tuple[str, str, _Handler]] = [
        ("GET", "/health", _health),
        ("GET", "/ready", _ready),
        ("GET", "/status", _status),
        ("POST", "/query/{name}", _query),
        ("POST", "/excerpts", _excerpts),
        ("POST", "/diagnoses", _diagnoses),
        ("POST", "/incident-events", _adds(read_event, Store.record_incident_event)),
        ("POST", "/rule-events", _adds(read_rule_event, Store.record_rule_event)),
        ("POST", "/rule-checks", _rule_checks),
        ("GET", "/rules", _rules),
        ("POST", "/annotations", _adds(read_annotation, Store.annotate)),
        ("POST", "/delete", _delete),
        ("POST", "/pins", _pins),
        ("POST", "/unpin", _unpin),
        ("POST", "/backup", _backup),
        ("POST", "/restore", _restore),
        ("POST", "/drain", _drain),
    ]
    return [
        Route("/metrics", partial(_answer, _metrics, backend), methods=["GET"]),
        Mount(
            "/api",
            routes=[
                Route(path, partial(_answer, handler, backend), methods=[method]) for method, path, handler in handlers
            ],
        ),
    ]


async def _answer(handler: _Handler, backend: Backend, request: Request) -> Response:
    """Check the host, call the handler, and turn what it raises into a status and a reason."""
    try:
        host = request.headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name.lower() not in {*_LOCAL_HOSTS, backend.config.host, *backend.config.hosts}:
            raise _NotLocal(
                f"the host {host!r} is not a local one; use 127.0.0.1 or localhost, or name it in WHYSPAN_HOSTS"
            )
        if handler not in _OPEN:
            check_token(backend.config.read_token, request.headers.get("authorization", ""), READ_TOKEN)
        return await handler(backend, request)
    except tuple(_STATUS) as error:
        status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
        headers = {"www-authenticate": "Bearer"} if status == 401 else None
        return JSONResponse({"error": str(error)}, status, headers)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it


async def _in_thread(backend: Backend, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await to_thread.run_sync(partial(call, *args, **kwargs), limiter=backend.threads)


async def _health(_backend: Backend, _: Request) -> Response:
    """Alive, and which process this is. Open to everybody, like `ready`, for what watches over processes."""
    return JSONResponse({"status": "ok", "pid": os.getpid()})


async def _ready(backend: Backend, _: Request) -> Response:
    """200 once what an earlier process left in the journal is queryable, 503 until then."""
    ready = backend.ingest.caught_up
    return JSONResponse({"ready": ready}, 200 if ready else 503)


_OPEN: Final = (_health, _ready)
"""Answered without a token."""


async def _status(backend: Backend, _: Request) -> Response:
    stored = await _in_thread(backend, backend.store.status)
    ingest = await _in_thread(backend, backend.ingest.status)
    own = {"refused_requests": backend.gate.refused(), "forward": _forwarding(backend)}
    return JSONResponse(stored | {"grpc": backend.grpc, "ingest": ingest | own})


async def _metrics(backend: Backend, _: Request) -> Response:
    ingest = await _in_thread(backend, backend.ingest.status)
    text = metrics.prometheus(ingest, backend.gate.refused(), _forwarding(backend))
    return Response(text, media_type=metrics.CONTENT_TYPE)


def _forwarding(backend: Backend) -> dict[str, Any] | None:
    return backend.forwarder.status() if backend.forwarder else None


async def _query(backend: Backend, request: Request) -> Response:
    name = request.path_params["name"]
    if name not in sql.queries():
        raise _NoSuchQuery(f"there is no query {name!r}; there are {', '.join(sql.queries())}")
    sent = await read_body(request, backend.config.max_body_bytes)
    parameters = json.loads(sent or b"{}")
    if not isinstance(parameters, dict):
        raise QueryError(f"the parameters of query {name!r} must be a JSON object")
    return Response(await _in_thread(backend, _arrow, backend.store, name, parameters), media_type=ARROW)


def _arrow(store: Store, name: str, parameters: dict[str, Any]) -> bytes:
    table = store.query(name, **parameters)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


async def _excerpts(backend: Backend, request: Request) -> Response:
    """Where the runs of `run_ids` say what `filter` looks for."""
    asked = json.loads(await read_body(request, backend.config.max_body_bytes))
    if not (isinstance(asked, dict) and isinstance(asked.get("filter"), str) and _is_texts(asked.get("run_ids"))):
        raise QueryError('excerpts are asked with {"filter": "...", "run_ids": ["...", ...]}')
    found = await _in_thread(backend, backend.store.excerpts, asked["filter"], asked["run_ids"])
    return JSONResponse([asdict(each) for each in found])


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


async def _diagnoses(backend: Backend, request: Request) -> Response:
    sent = await read_body(request, backend.config.max_body_bytes)
    table = pa.ipc.open_stream(sent).read_all()
    await _in_thread(backend, backend.store.save_diagnoses, table)
    return JSONResponse({"saved": table.num_rows})


def _adds(read: Callable[[Any], Any], record: Callable[[Store, Any], None]) -> _Handler:
    """A handler that adds what the JSON in the body says to the store."""

    async def add(backend: Backend, request: Request) -> Response:
        await _in_thread(backend, record, backend.store, read(await _json(backend, request)))
        return JSONResponse({"recorded": True})

    return add


async def _rule_checks(backend: Backend, request: Request) -> Response:
    """Replace what is known of the rules in some runs."""
    checks = read_checks(await _json(backend, request))
    await _in_thread(backend, backend.store.save_rule_checks, checks)
    return JSONResponse({"saved": len(checks.checked)})


async def _rules(backend: Backend, _: Request) -> Response:
    """The rules in force, as the guard of the SDK reads them."""
    rows = (await _in_thread(backend, backend.store.query, "rules")).to_pylist()
    rules = [json.loads(row["record"]) for row in rows]
    in_force = [rule for rule in rules if rule.get("status") in ("active", "shadow")]
    return JSONResponse({"schema": "whyspan.rules/1", "rules": in_force})


async def _delete(backend: Backend, request: Request) -> Response:
    """Delete the runs of `run_ids`. The drain empties the journal, which may still have what they came in."""
    asked = await _json(backend, request)
    if not (isinstance(asked, dict) and _is_texts(asked.get("run_ids"))):
        raise QueryError('runs are deleted with {"run_ids": ["...", ...]}')
    await _in_thread(backend, backend.ingest.drain, _DRAIN_SECONDS)
    deleted = await _in_thread(backend, backend.store.delete, asked["run_ids"])
    return JSONResponse({"deleted": deleted})


async def _pins(backend: Backend, request: Request) -> Response:
    """Pin the runs of `run_ids` for a `reason`."""
    run_ids, reason = await _read_pins(backend, request)
    if not reason:
        raise QueryError("a pin needs a reason")
    return JSONResponse({"pinned": await _in_thread(backend, backend.store.pin, run_ids, reason)})


async def _unpin(backend: Backend, request: Request) -> Response:
    """Take the pins of `reason`, or all, from the runs of `run_ids`."""
    run_ids, reason = await _read_pins(backend, request)
    return JSONResponse({"unpinned": await _in_thread(backend, backend.store.unpin, run_ids, reason)})


async def _read_pins(backend: Backend, request: Request) -> tuple[list[str], str | None]:
    asked = await _json(backend, request)
    if not (isinstance(asked, dict) and _is_texts(asked.get("run_ids"))):
        raise QueryError('pins are changed with {"run_ids": ["...", ...], "reason": "..."}')
    if not isinstance(asked.get("reason"), str | None):
        raise QueryError("the reason of a pin is a text")
    return asked["run_ids"], asked.get("reason")


async def _backup(backend: Backend, _: Request) -> Response:
    """A copy of the database with everything that was accepted, as one file."""
    await _in_thread(backend, backend.ingest.drain, _DRAIN_SECONDS)
    path = backend.store.incoming()
    await _in_thread(backend, backend.store.backup, path)
    return FileResponse(path, media_type=DATABASE, background=BackgroundTask(path.unlink))


async def _restore(backend: Backend, request: Request) -> Response:
    """Put the backup in the body in the place of everything that is stored."""
    _check_type(request, DATABASE)
    path = backend.store.incoming()
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                await _in_thread(backend, file.write, chunk)
        await _in_thread(backend, backend.store.restore, path)
    finally:
        path.unlink(missing_ok=True)
    return JSONResponse({"restored": True})


async def _json(backend: Backend, request: Request) -> Any:
    """The body of a request that changes something."""
    _check_type(request, "application/json")
    return json.loads(await read_body(request, backend.config.max_body_bytes))


def _check_type(request: Request, media_type: str) -> None:
    """A web page of somebody else can send a form here, but not one of these types without asking first."""
    if request.headers.get("content-type") != media_type:
        raise QueryError(f"the content type must be {media_type}")


async def _drain(backend: Backend, _: Request) -> Response:
    """200 once everything accepted so far is queryable; 503 with the reason when that takes too long."""
    if await _in_thread(backend, backend.ingest.drain, _DRAIN_SECONDS):
        return JSONResponse({"drained": True})
    trouble = backend.ingest.status()["trouble"] or "the store is still busy with earlier requests"
    raise StoreUnavailable(f"not everything is queryable yet: {trouble}")
