"""OTLP over gRPC: the three Export calls, with the bytes of a request passed on as they came.

Needs the extra `grpc`. Messages are not parsed here: the ingest decodes them once, as it does those of HTTP.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from whyspan_collector import otlp
from whyspan_collector.access import Unauthorized
from whyspan_collector.gate import REFUSALS, Gate
from whyspan_collector.ingest import Ingest

_THREADS: Final = 16
"""Calls handled at once. A message is received by the thread that handles it, so this bounds how many are in memory."""
_GRACE_SECONDS: Final = 5.0
"""How long calls in progress may take to end at the stop; as long as those of HTTP."""
_CODES: Final = {status.value[0]: status for status in grpc.StatusCode}


class GrpcReceiver:
    """A gRPC server from construction, which makes it listen, to `close`."""

    def __init__(
        self, ingest: Ingest, gate: Gate, host: str, port: int, credentials: grpc.ServerCredentials | None = None
    ) -> None:
        """Listen on the address.

        Args:
            ingest: takes the requests.
            gate: bounds them.
            host: an address of this machine.
            port: 0 for any free one.
            credentials: those of TLS; None speaks without.

        Raises:
            OSError: the address is taken or not ours.
        """
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, "whyspan-grpc"),
            interceptors=[_Admission(gate)],
            options=[
                ("grpc.max_receive_message_length", gate.max_body_bytes),
                ("grpc.so_reuseport", 0),  # a second collector is to be told that the port is taken
            ],
        )
        for signal in otlp.SIGNALS:
            # Without (de)serialisers grpcio hands over and takes the bytes of the messages.
            export = grpc.unary_unary_rpc_method_handler(partial(_export, ingest, gate, signal))
            handler = grpc.method_handlers_generic_handler(otlp.service_name(signal), {"Export": export})
            self._server.add_generic_rpc_handlers((handler,))
        try:
            wanted = _address(host, port)
            secure, insecure = self._server.add_secure_port, self._server.add_insecure_port
            listening = secure(wanted, credentials) if credentials else insecure(wanted)
        except RuntimeError as error:
            raise OSError(str(error)) from error
        self.address = _address(host, listening)
        """Where it listens, `host:port`."""
        self._server.start()

    def close(self) -> None:
        """Take no more calls and wait for those in progress."""
        self._server.stop(_GRACE_SECONDS).wait()


class _Admission(grpc.ServerInterceptor):  # type: ignore[misc] # grpcio has no types
    """Turns away who brings no token, before the message is received."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        try:
            self._gate.admit(dict(details.invocation_metadata).get("authorization", ""))
        except Unauthorized as error:
            refuse = partial(_turn_away, self._gate, error)
            return grpc.stream_unary_rpc_method_handler(refuse)  # a stream is received only when it is asked for
        return continuation(details)


def _turn_away(gate: Gate, error: Unauthorized, _: Any, context: Any) -> NoReturn:
    _refuse(gate, error, context)


def tls(certificate: Path, key: Path) -> grpc.ServerCredentials:
    """The credentials from PEM files."""
    return grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _export(ingest: Ingest, gate: Gate, signal: otlp.Signal, body: bytes, context: Any) -> bytes:
    try:
        with gate.memory() as take:
            take(len(body))
            accepted = ingest.accept(signal, body, "protobuf")
    except tuple(REFUSALS) as error:
        _refuse(gate, error, context)
    return otlp.answer(signal, "protobuf", accepted.rejected)


def _refuse(gate: Gate, error: Exception, context: Any) -> NoReturn:
    """End the call as OTLP asks for: RetryInfo among the details where another attempt makes sense, and only there."""
    refusal = gate.refuse(error)
    status = Status(code=refusal.code, message=str(error))
    if refusal.retry_seconds:
        detail = AnyMessage()
        detail.Pack(RetryInfo(retry_delay=Duration(seconds=refusal.retry_seconds)))
        status.details.append(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(_CODES[refusal.code], str(error))
    raise AssertionError("abort raises")
