"""The collector's settings: an argument wins over the environment (`WHYSPAN_<NAME>`), which wins over the default."""

import os
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

MIB: Final = 1024 * 1024


class WrongSetting(ValueError):
    """A setting has a value the collector cannot work with."""


class Config(BaseModel):
    """Where the data is, where to listen, and the bounds that keep a laptop usable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Path(".whyspan")
    """The data folder. In the working directory, so that a project's traces stay with the project."""

    host: str = "127.0.0.1"
    """The address to listen on. Loopback, because traces hold prompts; any other demands the two tokens."""

    hosts: tuple[str, ...] = ()
    """Names under which the API may be asked, besides loopback's and `host`; in the environment separated by commas."""

    ingest_token: SecretStr | None = Field(None, min_length=16)
    """What a request with telemetry must bring as `Authorization: Bearer`; demanded unless `host` is loopback."""

    read_token: SecretStr | None = Field(None, min_length=16)
    """Likewise for the API, which reads everything and saves diagnoses, and for `/metrics`."""

    tls_certificate: Path | None = None
    """PEM file of the certificate, its chain behind it; with it HTTP becomes HTTPS and gRPC speaks TLS."""

    tls_key: Path | None = None
    """PEM file of its private key."""

    port: int = Field(4318, ge=0, le=65535)
    """The port for OTLP/HTTP. The one OpenTelemetry exporters use unless told otherwise; 0 takes any free one."""

    grpc_port: int = Field(4317, ge=0, le=65535)
    """The port for OTLP/gRPC, likewise. Nothing listens there where grpcio (the extra `grpc`) is not installed."""

    max_body_bytes: int = Field(64 * MIB, ge=MIB)
    """The largest request, inflated. Exporters send up to a few MiB; the rest is room for long conversations."""

    journal_bytes: int = Field(512 * MIB, ge=8 * MIB)
    """The largest backlog on disk. About 200,000 spans: minutes of full load while the store is slow or busy."""

    requests_bytes: int = Field(256 * MIB, ge=2 * MIB)
    """The bodies of requests in progress, together; beyond it senders are told to come back. Decoded they take several times this."""

    redaction: bool = True
    """Whether secrets are masked on arrival: values under keys such as `api_key`, and API keys, tokens and private keys by their shape."""

    redact_keys: tuple[str, ...] = ()
    """More keys whose values are secrets, by how they end; in the environment separated by commas."""

    redact_patterns: tuple[str, ...] = ()
    """More shapes of secrets, as regular expressions; in the environment one a line."""

    redact_cards: bool = False
    """Whether numbers with the checksum of payment cards are masked too. Off: one in ten order numbers has it."""

    forward_to: str | None = Field(None, pattern=r"^https?://[^/\s]+")
    """Base URL of another OTLP/HTTP endpoint that gets everything too, secrets masked. What it cannot take is dropped and counted."""

    forward_headers: SecretStr | None = None
    """Headers for it in OpenTelemetry's form, `name=value,name=value`."""

    keep_days: float = Field(365, ge=0)
    """Runs of which the last span arrived earlier are deleted, but for pinned ones; 0 keeps them for ever."""

    keep_bytes: int = Field(50 * 1024 * MIB, ge=0)
    """The largest size of what is stored; beyond it the oldest runs are deleted. 0 for any size."""

    report_hours: float = Field(24, ge=0)
    """How often the worker writes the report of the last week to `reports` in the data folder; 0 for never."""

    webhook_url: str | None = Field(None, pattern=r"^https?://[^/\s]+")
    """Where alarms and incidents that are back are told, as signed POST requests."""

    webhook_secret: SecretStr | None = Field(None, min_length=16)
    """What they are signed with; demanded with `webhook_url`."""

    quiet_seconds: float = Field(5.0, ge=0)
    """How long a run must be silent to count as settled. A batch exporter flushes every five seconds by default."""

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.webhook_url and self.webhook_secret is None:
            raise ValueError("webhook_url needs webhook_secret, so that a receiver can tell who sent it")
        return self

    @field_validator("hosts", "redact_keys", mode="before")
    @classmethod
    def _at_commas(cls, names: Any) -> Any:
        return [name.strip().lower() for name in names.split(",")] if isinstance(names, str) else names

    @field_validator("redact_patterns", mode="before")
    @classmethod
    def _at_lines(cls, patterns: Any) -> Any:
        return patterns.splitlines() if isinstance(patterns, str) else patterns

    @field_validator("forward_headers")
    @classmethod
    def _are_headers(cls, headers: SecretStr | None) -> SecretStr | None:
        if headers and not all("=" in pair for pair in headers.get_secret_value().split(",")):
            raise ValueError("headers are written name=value,name=value")
        return headers

    @model_validator(mode="after")
    def _certificate_has_a_key(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        return self

    @property
    def url(self) -> str:
        """Where processes of this machine reach the collector."""
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """The same at another port."""
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - recognised, not listened on
        scheme = "https" if self.tls_certificate else "http"
        return f"{scheme}://[{reachable}]:{port}" if ":" in reachable else f"{scheme}://{reachable}:{port}"

    @model_validator(mode="after")
    def _bounds_hold_a_body(self) -> Self:
        for name in ("journal_bytes", "requests_bytes"):
            if getattr(self, name) < 2 * self.max_body_bytes:
                raise ValueError(f"{name} must be at least twice max_body_bytes, or a large request never fits")
        return self


def load(**arguments: Any) -> Config:
    """The settings from arguments (None means not given), the environment and the defaults.

    Raises:
        WrongSetting: names the setting, where it came from and what is wrong with it.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    environment: dict[str, Any] = {
        name: value for name in Config.model_fields if name not in given and (value := os.environ.get(_variable(name)))
    }
    try:
        return Config(**environment, **given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            raise WrongSetting(first["msg"]) from None
        name = str(first["loc"][0])
        source = _variable(name) if name in environment else name
        value = "***" if name.endswith(("_token", "_headers")) else repr(first["input"])
        raise WrongSetting(f"{source}={value}: {first['msg']}") from None


def _variable(name: str) -> str:
    return f"WHYSPAN_{name.upper()}"
