"""Who may send and who may read: nobody from elsewhere without a token, and each token for its own side only."""

import json
import shutil
import stat
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from whyspan_collector import otlp
from whyspan_collector.client import RemoteStore
from whyspan_collector.errors import StoreError, StoreUnavailable
from whyspan_collector.service import open_store, running_collector

INGEST, READ = "ingest-token-0123456789", "read-token-0123456789"
TOKENS = {"WHYSPAN_INGEST_TOKEN": INGEST, "WHYSPAN_READ_TOKEN": READ}
PROTOBUF = {"content-type": "application/x-protobuf"}
_message = ExportTraceServiceRequest()
_message.resource_spans.add().scope_spans.add().spans.add(trace_id=b"\x05" * 16, span_id=b"12345678", name="sent")
BODY = _message.SerializeToString()


def bearer(token: str) -> dict[str, str]:
    """The header that brings a token."""
    return {"authorization": f"Bearer {token}"}


def grpc_code(collector: Any, token: str | None, credentials: grpc.ChannelCredentials | None = None) -> grpc.StatusCode:
    """What gRPC answers to an export with this token."""
    address = json.loads((collector.data / "collector.json").read_text())["grpc"]
    options = [("grpc.ssl_target_name_override", "collector.test")]
    secure = credentials and grpc.secure_channel(address, credentials, options)
    with secure or grpc.insecure_channel(address) as channel:
        export = channel.unary_unary(f"/{otlp.service_name('traces')}/Export")
        metadata = [("authorization", f"Bearer {token}")] if token else []
        try:
            export(BODY, metadata=metadata, timeout=20)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code
    return grpc.StatusCode.OK


@pytest.fixture(scope="module")
def guarded(start: Callable[..., Any]) -> Any:
    """A collector that demands tokens."""
    return start(**TOKENS, WHYSPAN_HOSTS="traces.example, Other.example")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
@pytest.mark.parametrize("missing", [{"WHYSPAN_INGEST_TOKEN", "WHYSPAN_READ_TOKEN"}, {"WHYSPAN_READ_TOKEN"}])
def test_other_machines_get_in_with_tokens_only(
    refused: Callable[..., str], tmp_path: Path, host: str, missing: set[str]
) -> None:
    """On an address that others reach, a missing token ends the start with the variables to set; the given token is not shown."""
    given = {name: token for name, token in TOKENS.items() if name not in missing}

    said = refused("--data", tmp_path, "--host", host, "--port", 0, **given)

    assert f"set {' and '.join(sorted(missing))}" in said
    assert "127.0.0.1" in said
    assert INGEST not in said


def test_a_weak_token_is_refused_and_not_shown(refused: Callable[..., str], tmp_path: Path) -> None:
    """A short token is no setting; the message names the variable and not its value."""
    said = refused("--data", tmp_path, WHYSPAN_READ_TOKEN="hunter2")

    assert "WHYSPAN_READ_TOKEN" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (bearer(INGEST), 200),
        ({"authorization": f"bearer  {INGEST}"}, 200),
        ({}, 401),
        (bearer(READ), 401),
        (bearer(INGEST[:-1]), 401),
        (bearer("ümlaut"), 401),
        ({"authorization": f"Basic {INGEST}"}, 401),
    ],
)
def test_telemetry_needs_the_ingest_token(guarded: Any, headers: dict[str, str], status: int) -> None:
    """Only the very token lets a request in; the others are told which header and variable is meant."""
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = guarded.http.post("/v1/traces", content=BODY, headers=PROTOBUF | encoded)

    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert b"WHYSPAN_INGEST_TOKEN" in answer.content


def test_grpc_needs_the_ingest_token(guarded: Any) -> None:
    """The same over gRPC, as metadata."""
    codes = [grpc_code(guarded, token) for token in (INGEST, READ, None)]

    assert codes == [grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAUTHENTICATED]


def test_the_api_needs_the_read_token(guarded: Any) -> None:
    """Reading needs the read token, the ingest token does not do; only whether the process is well is open to everybody."""
    for headers, status in ((bearer(READ), 200), (bearer(INGEST), 401), ({}, 401)):
        assert guarded.http.get("/api/status", headers=headers).status_code == status
        assert guarded.http.post("/api/query/totals", json={}, headers=headers).status_code == status
    for path in ("/api/health", "/api/ready"):
        assert guarded.http.get(path).status_code == 200


def test_clients_bring_the_tokens_of_their_environment(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variables set a local process reads and sends, without them it is told which is missing."""
    with closing(open_store(guarded.data)) as store, pytest.raises(StoreError, match="WHYSPAN_READ_TOKEN"):
        store.status()
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)

    with closing(open_store(guarded.data)) as store:
        assert isinstance(store, RemoteStore)
        assert store.send("traces", BODY, "protobuf") == (0, "")
        store.drain()
        assert store.query("totals")["spans"].to_pylist() == [1]


def test_nothing_in_the_data_folder_tells_the_tokens_or_is_open_to_others(guarded: Any) -> None:
    """No file holds a token, and nobody but the owner can open the folder or anything in it."""
    files = [path for path in guarded.data.rglob("*") if path.is_file()]

    assert stat.S_IMODE(guarded.data.stat().st_mode) == 0o700
    assert {path.name for path in files} > {"collector.json", "whyspan.duckdb"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        content = path.read_bytes()
        assert INGEST.encode() not in content
        assert READ.encode() not in content


def test_configured_host_names_reach_the_api(guarded: Any) -> None:
    """Names in WHYSPAN_HOSTS are answered, others are not, token or no token."""
    for host, status in (("traces.example:4318", 200), ("OTHER.example", 200), ("evil.example", 403)):
        assert guarded.http.get("/api/status", headers=bearer(READ) | {"host": host}).status_code == status


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for a name that is not this machine's, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("makes a certificate with the program openssl, which is not installed")
    folder = tmp_path_factory.mktemp("tls")
    crt, key = folder / "crt.pem", folder / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=collector.test"
    names = ["-addext", "subjectAltName=DNS:collector.test", "-keyout", str(key), "-out", str(crt)]
    subprocess.run([*make.split(), *names], check=True, capture_output=True)
    return crt, key


def test_with_a_certificate_everything_speaks_tls(
    start: Callable[..., Any], certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS and gRPC with TLS; local processes that know the certificate believe it, others do not, and nobody gets in without."""
    crt, key = certificate
    monkeypatch.setenv("WHYSPAN_TLS_CERTIFICATE", str(crt))
    collector = start(WHYSPAN_TLS_CERTIFICATE=str(crt), WHYSPAN_TLS_KEY=str(key))
    assert collector.url.startswith("https://127.0.0.1:")

    assert running_collector(collector.data) == collector.url
    assert collector.store.send("traces", BODY, "protobuf") == (0, "")
    trusted = grpc.ssl_channel_credentials(crt.read_bytes())
    assert grpc_code(collector, None, trusted) is grpc.StatusCode.OK
    assert grpc_code(collector, None) is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(httpx.TransportError):
        httpx.get(collector.url.replace("https", "http"), trust_env=False)

    monkeypatch.delenv("WHYSPAN_TLS_CERTIFICATE")
    with closing(RemoteStore(collector.url)) as store, pytest.raises(StoreUnavailable, match="WHYSPAN_TLS_CERTIFICATE"):
        store.status()


def test_a_certificate_that_cannot_be_used_is_told(refused: Callable[..., str], tmp_path: Path) -> None:
    """Missing files, and a certificate without a key, end the start with the setting's name."""
    for environment, words in (
        ({"WHYSPAN_TLS_CERTIFICATE": "/none", "WHYSPAN_TLS_KEY": "/none"}, "WHYSPAN_TLS_CERTIFICATE"),
        ({"WHYSPAN_TLS_CERTIFICATE": "/none"}, "tls_certificate and tls_key go together"),
    ):
        assert words in refused("--data", tmp_path, **environment)
