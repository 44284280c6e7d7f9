"""The one place every span passes on its way out, ours and everybody else's: secrets masked, content kept or not, cut.

It runs on the delivery thread, before anything is written to disk or sent.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from whyspan import semconv
from whyspan.faults import warn_once
from whyspan.masking import Masker
from whyspan.values import ATTRIBUTE_LIMIT, cut

if TYPE_CHECKING:
    from opentelemetry.attributes import BoundedAttributes
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan

ContentMode: TypeAlias = Literal["full", "metadata", "hashes"]
"""What of the content leaves the process: all of it, nothing, or only whether two texts are the same."""

_METADATA: Final = frozenset(
    {
        semconv.KIND,
        semconv.RUN_ID,
        semconv.RUN_FINGERPRINT,
        semconv.TOOL_EFFECT,
        semconv.DECISION_REVERSIBILITY,
        semconv.DECISION_AFTERWARDS,
        semconv.HANDOFF_TARGET,
        semconv.PROMPT_NAME,
        semconv.PROMPT_VERSION,
        semconv.OPERATION_KEY,
        semconv.OPERATION_NAME,
        semconv.AGENT_NAME,
        "gen_ai.agent.id",
        semconv.AGENT_VERSION,
        semconv.CONVERSATION_ID,
        semconv.PROVIDER_NAME,
        "gen_ai.system",
        semconv.REQUEST_MODEL,
        semconv.RESPONSE_MODEL,
        "gen_ai.response.id",
        semconv.FINISH_REASONS,
        "gen_ai.output.type",
        semconv.TOOL_NAME,
        semconv.TOOL_CALL_ID,
        "gen_ai.tool.type",
        semconv.DATA_SOURCE,
        semconv.GUARD_NAME,
        semconv.GUARD_VERDICT,
        semconv.STATE_KEY,
        semconv.STATE_ACCESS,
        semconv.STATE_VERSION,
        semconv.VOLATILE_NAME,
        semconv.FEEDBACK_RUN,
        semconv.FEEDBACK_SOURCE,
        semconv.RUN_VERSIONS,
        semconv.RUN_BUDGET,
        semconv.RUN_TAGS,
        semconv.TOOL_IDEMPOTENCY_KEY,
        semconv.TOOL_SCHEMA,
        semconv.ERROR_TYPE,
        semconv.EXCEPTION_TYPE,
        "openinference.span.kind",
        "llm.model_name",
        "llm.provider",
        "tool.name",
        "session.id",
        "traceloop.span.kind",
        "traceloop.entity.name",
        "traceloop.workflow.name",
        "langgraph.node",
        "http.request.method",
        "http.route",
        "rpc.method",
        "rpc.service",
        "rpc.system",
        "db.system",
        "db.system.name",
        "db.operation.name",
        "messaging.system",
        "server.address",
        "network.protocol.name",
    }
)
"""Texts that say how an agent works and not what about; every other text is content. Numbers and booleans always stay."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is masked before anything leaves the process.

    Example:
        >>> Redaction(emails=True, names=["iban"])  # doctest: +ELLIPSIS
        Redaction(...)
    """

    secrets: bool = True
    """API keys, tokens, passwords, private keys, card numbers."""
    emails: bool = False
    names: Sequence[str] = ()
    """Further names of attributes and JSON keys whose values are masked."""
    custom: Callable[[str, Any], Any] | None = None
    """Your own: called with the name and value of every attribute, after the rest; returns what is sent instead."""


class Redactor:
    """Makes of a span what may leave the process."""

    def __init__(self, redaction: Redaction, content: ContentMode) -> None:
        names = frozenset(name.lower() for name in redaction.names)
        wanted = redaction.secrets or redaction.emails or names
        self._masker = Masker(names, redaction.emails) if wanted else None
        self._custom = redaction.custom
        self._content = content
        self._resources: tuple[Resource, Resource] | None = None

    def __call__(self, span: "ReadableSpan") -> "ReadableSpan":
        """The span itself where nothing had to change, else another one in its place."""
        from opentelemetry.sdk.trace import Event, ReadableSpan
        from opentelemetry.trace import Link, Status

        attributes, masked = self._attributes(span.attributes)
        events = []
        for event in span.events:
            cleaned, count = self._attributes(event.attributes)
            events.append(Event(event.name, cleaned, event.timestamp))
            masked += count
        links = []
        for link in span.links:
            cleaned, count = self._attributes(link.attributes)
            links.append(Link(link.context, cleaned))
            masked += count
        status = span.status
        if status.description:
            description, count = self._one(semconv.EXCEPTION_MESSAGE, status.description)
            status = Status(status.status_code, description)
            masked += count
        if masked:
            attributes[semconv.REDACTED] = masked
        if (key := _operation_key(attributes)) is not None:
            attributes[semconv.OPERATION_KEY] = key
        return ReadableSpan(
            name=span.name if self._masker is None else self._masker.text(span.name)[0],
            context=span.context,
            parent=span.parent,
            resource=self._resource(span.resource),
            attributes=_bounded(attributes, span.dropped_attributes),
            events=events,
            links=links,
            kind=span.kind,
            status=status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _resource(self, resource: "Resource") -> "Resource":
        """What describes the process, such as its command line; the same one for nearly every span."""
        from opentelemetry.sdk.resources import Resource

        if self._resources is None or self._resources[0] is not resource:
            cleaned = {key: self._masked(key, value)[0] for key, value in resource.attributes.items()}
            self._resources = resource, Resource(cleaned, resource.schema_url)
        return self._resources[1]

    def _attributes(self, attributes: Mapping[str, Any] | None) -> tuple[dict[str, Any], int]:
        cleaned: dict[str, Any] = {}
        masked = 0
        for key, value in (attributes or {}).items():
            sent, count = self._one(key, value)
            masked += count
            if sent is not None:
                cleaned[key] = sent
        return cleaned, masked

    def _one(self, key: str, value: Any) -> tuple[Any, int]:
        """One attribute as it is sent, None to leave it out, and how much of it was masked."""
        value, count = self._masked(key, value)
        if self._content != "full" and key not in _METADATA:
            value = self._without_content(value)
        return (cut(value, ATTRIBUTE_LIMIT) if isinstance(value, str) else value), count

    def _masked(self, key: str, value: Any) -> tuple[Any, int]:
        count = 0
        if self._masker is not None:
            if isinstance(value, str | bytes | tuple) and self._masker.is_secret(key):
                value, count = f"[whyspan: masked {key}]", 1
            else:
                value, count = self._masker.value(value)
        return (value, count) if self._custom is None else self._by_program(key, value, count)

    def _by_program(self, key: str, value: Any, count: int) -> tuple[Any, int]:
        try:
            changed = self._custom(key, value) if self._custom is not None else value
            count += bool(changed != value)
        except Exception as error:  # noqa: BLE001 - what the program wanted masked must not leave unmasked
            warn_once(f"the custom redaction raised {type(error).__name__} for {key}; such values are masked whole")
            return f"[whyspan: masked {key}]", count + 1
        return changed, count

    def _without_content(self, value: Any) -> Any:
        if isinstance(value, bool | int | float):
            return value
        if self._content == "metadata":
            return None
        return f"sha256:{hashlib.sha256(str(value).encode('utf-8', 'replace')).hexdigest()[:16]}"


def _operation_key(attributes: Mapping[str, Any]) -> str | None:
    """The same for two operations that do the same: a replay finds the recorded result by it.

    Made of what is sent, so that nothing masked can be guessed from it.
    """
    if attributes.get(semconv.KIND) not in _REPLAYED:
        return None
    told = [attributes.get(name) for name in _IDENTITY]
    told += [attributes[name] for name in _PARTICULARS if name in attributes]
    return hashlib.sha256(repr(told).encode("utf-8", "replace")).hexdigest()[:16]


_REPLAYED = frozenset({semconv.Kind.TOOL.value, semconv.Kind.MODEL_CALL.value, semconv.Kind.RETRIEVAL.value})
_IDENTITY = (
    semconv.KIND,
    semconv.TOOL_NAME,
    semconv.TOOL_ARGUMENTS,
    semconv.REQUEST_MODEL,
    semconv.INPUT_MESSAGES,
    semconv.TOOL_DEFINITIONS,
    semconv.REQUEST_PARAMETERS,
    semconv.RETRIEVAL_QUERY,
)
_PARTICULARS = (semconv.DATA_SOURCE, *sorted(semconv.REQUEST_PREFIX + name for name in semconv.REQUEST_PARAMETER_NAMES))
"""What else makes two operations different, where it is given."""


def _bounded(attributes: dict[str, Any], dropped: int) -> "BoundedAttributes":
    from opentelemetry.attributes import BoundedAttributes

    bounded = BoundedAttributes(attributes=attributes)
    bounded.dropped = dropped
    return bounded
