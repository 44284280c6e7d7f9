"""The collector as a process, and the way to its store for every other process.

`run` holds the database file and announces itself in `collector.json`; `open_store` reads that file and asks the
collector when one is running, else opens the store here.
"""

import argparse
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

import uvicorn
from starlette.applications import Starlette

from whyspan_collector import api, receiver
from whyspan_collector.access import check_exposure, warning
from whyspan_collector.client import RemoteStore
from whyspan_collector.config import Config, WrongSetting, load
from whyspan_collector.errors import StoreBusy, StoreError, StoreUnavailable
from whyspan_collector.forward import Forwarder
from whyspan_collector.gate import Gate
from whyspan_collector.housekeeping import Housekeeping
from whyspan_collector.ingest import Ingest
from whyspan_collector.journal import Journal, JournalUnavailable
from whyspan_collector.redaction import Redactor
from whyspan_collector.store import Store

AnyStore: TypeAlias = Store | RemoteStore
"""What `open_store` gives: the store itself, or that of the running collector, with one interface."""

NO_GRPC: Final = "OTLP over gRPC is off because grpcio is not installed; `pip install 'whyspan[grpc]'` adds it"
"""What to tell people where it is so."""
GARBAGE: Final = (50_000, 20, 50)
"""How seldom the collector looks for garbage; at these thresholds that is 1 to 4 % of its time."""
_ANNOUNCEMENT: Final = "collector.json"
_STARTING_SECONDS: Final = 5.0
"""How long a collector may hold the file before it answers: migration and replay of the database's log take about one."""


class PortBusy(Exception):
    """The address to listen on is taken or not ours."""


def run(config: Config) -> None:
    """Run the collector until SIGTERM or SIGINT, then store what was accepted and let go of everything.

    Raises:
        StoreBusy: another process holds the data folder.
        WrongSetting: strangers could read and write, or the certificate cannot be used.
        PortBusy: the port is taken.
        StoreError, JournalUnavailable: the data folder cannot be used.
    """
    check_exposure(config)
    redactor = Redactor.of(config)
    if concern := warning(config):
        _say(concern)
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):  # somebody else's folder, lent to us
        config.data.chmod(0o700)
    store = Store(config.data)
    try:
        with _listen(config.host, config.port) as listener:
            journal = Journal(config.data / "journal", config.journal_bytes)
            forwarder = _forwarder(config)
            ingest = Ingest(store, journal, redactor, forwarder.take if forwarder else None)
            gate = Gate(config.requests_bytes, config.max_body_bytes, config.ingest_token)
            try:
                with _grpc(config, ingest, gate) as grpc_address, Housekeeping(store, config):
                    backend = api.Backend(store, ingest, config, gate, forwarder, grpc_address)
                    addresses = {"url": config.url_at(listener.getsockname()[1]), "grpc": grpc_address}
                    _serve(config, _app(backend), listener, addresses)
            finally:
                ingest.close()
                if forwarder:
                    forwarder.close()
    finally:
        store.close()


def open_store(data_dir: Path) -> AnyStore:
    """The store of a data folder: that of the running collector, or the file itself when none is running.

    What a crashed collector had accepted and not yet stored is stored first.

    Raises:
        StoreBusy: another process, which is no collector that answers, holds the file.
        StoreError: the data folder cannot be used.
    """
    deadline = time.monotonic() + _STARTING_SECONDS
    while True:
        if url := running_collector(data_dir):
            return RemoteStore(url)
        try:
            store = Store(data_dir)
        except StoreBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            _store_leftovers(store, data_dir)
            return store


def running_collector(data_dir: Path) -> str | None:
    """The URL of the collector that holds this data folder and answers, None when there is none."""
    try:
        announced = json.loads((data_dir / _ANNOUNCEMENT).read_text(encoding="utf-8"))
        os.kill(announced["pid"], 0)
        with closing(RemoteStore(announced["url"])) as collector:
            return collector.url if collector.pid() == announced["pid"] else None
    except (OSError, ValueError, KeyError, TypeError, StoreUnavailable):
        return None


def _store_leftovers(store: Store, data_dir: Path) -> None:
    folder = data_dir / "journal"
    if any(folder.glob("*.segment")):
        Ingest(store, Journal(folder, load().journal_bytes)).close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's delay off, 40 ms an answer, only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortBusy(
            f"{host}:{port} cannot be used: {error.strerror}. Stop what listens there, or use another --port."
        ) from error
    return listener


@contextmanager
def _grpc(config: Config, ingest: Ingest, gate: Gate) -> Iterator[str | None]:
    """OTLP over gRPC during the block; the address it listens on, None where grpcio is not installed."""
    if find_spec("grpc") is None:
        _say(NO_GRPC)
        yield None
        return
    from whyspan_collector.grpc_receiver import GrpcReceiver, tls

    credentials = tls(config.tls_certificate, config.tls_key) if config.tls_certificate and config.tls_key else None
    try:
        receiver = GrpcReceiver(ingest, gate, config.host, config.grpc_port, credentials)
    except OSError as error:
        raise PortBusy(
            f"{config.host}:{config.grpc_port} cannot be used for gRPC. Stop what listens there, or use another"
            " --grpc-port (0 takes a free one)."
        ) from error
    with closing(receiver):
        yield receiver.address


def _forwarder(config: Config) -> Forwarder | None:
    if config.forward_to is None:
        return None
    if config.forward_to.rstrip("/") in {config.url, config.url_at(config.port).replace("127.0.0.1", "localhost")}:
        raise WrongSetting(f"WHYSPAN_FORWARD_TO={config.forward_to!r} is this collector itself")
    sent = config.forward_headers.get_secret_value().split(",") if config.forward_headers else []
    return Forwarder(
        config.forward_to, {name.strip(): value.strip() for name, _, value in (p.partition("=") for p in sent)}
    )


def _app(backend: api.Backend) -> Starlette:
    # The receiver comes first: a platform's prefix may begin with /api.
    return Starlette(routes=[*receiver.routes(backend.ingest, backend.gate), *api.routes(backend)])


def _serve(config: Config, app: Starlette, listener: socket.socket, addresses: dict[str, str | None]) -> None:
    announcement = config.data / _ANNOUNCEMENT
    server = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=5,
            ssl_certfile=config.tls_certificate,
            ssl_keyfile=config.tls_key,
        ),
        lambda: _announce(announcement, addresses),
    )
    # uvicorn stops on these signals and then raises them again for whoever handled them before: nobody.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # What exists now lives as long as the process, and spans that wait to be stored are no garbage: by the thresholds Python
    # begins with, looking through them again and again takes a sixth of the time of everything.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    try:
        server.run(sockets=[listener])
    finally:
        announcement.unlink(missing_ok=True)
        gc.unfreeze()


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._announce()


def _announce(path: Path, addresses: dict[str, str | None]) -> None:
    draft = path.with_suffix(".json.tmp")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"pid": os.getpid(), **addresses}), encoding="utf-8")
    draft.replace(path)


def _say(message: str) -> None:
    print(f"whyspan collector: {message}", file=sys.stderr)  # noqa: T201 - the log of the process


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the collector as `python -m whyspan_collector.service`. Returns the exit status: 0, or 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="whyspan_collector.service", description="The Whyspan collector.")
    parser.add_argument("--data", type=Path, help="the data folder (WHYSPAN_DATA, else ./.whyspan)")
    parser.add_argument("--host", help="the address to listen on (WHYSPAN_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port, 0 for any free one (WHYSPAN_PORT, else 4318)")
    parser.add_argument("--grpc-port", type=int, help="the port for gRPC, likewise (WHYSPAN_GRPC_PORT, else 4317)")
    os.umask(0o077)  # what the database and the journal write is nobody else's business
    try:
        run(load(**vars(parser.parse_args(arguments))))
    except (WrongSetting, PortBusy, StoreError, JournalUnavailable) as error:
        _say(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
