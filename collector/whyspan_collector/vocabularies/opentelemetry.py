"""OpenTelemetry's general attributes, which any instrumentation writes: they recognise nothing."""

from typing import Final

from whyspan_collector.vocabularies.vocabulary import Vocabulary

VOCABULARY: Final = Vocabulary(
    name="opentelemetry",
    columns={
        "error_type": ("error.type",),
        "session_id": ("session.id",),
        "user_id": ("user.id", "enduser.id"),
    },
    generic=True,
)
