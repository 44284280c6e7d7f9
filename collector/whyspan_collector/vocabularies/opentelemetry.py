"""OpenTelemetry's general attributes, which any instrumentation writes: they recognise nothing."""

from typing import Final

from whyspan_collector.vocabularies.vocabulary import Vocabulary

VOCABULARY: Final = Vocabulary(
    name="opentelemetry",
    columns={
        "error_type": ("error.type",),
        "error_message": ("error.message",),
        "session_id": ("session.id",),
        "user_id": ("user.id", "enduser.id"),
    },
    known=(
        "client.",
        "cloud.",
        "code.",
        "container.",
        "db.",
        "deployment.",
        "enduser.",
        "exception.",
        "faas.",
        "host.",
        "http.",
        "k8s.",
        "messaging.",
        "net.",
        "network.",
        "os.",
        "otel.",
        "peer.",
        "process.",
        "rpc.",
        "server.",
        "service.",
        "session.",
        "telemetry.",
        "thread.",
        "tls.",
        "url.",
        "user.",
        "user_agent.",
    ),
    generic=True,
)
