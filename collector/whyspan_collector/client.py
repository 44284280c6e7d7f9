"""The store of a running collector, asked over HTTP: the same interface as `Store`, plus sending OTLP."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import httpx
import pyarrow as pa

from whyspan_collector.access import CERTIFICATE, INGEST_TOKEN, READ_TOKEN, bearer, trust
from whyspan_collector.annotations import Annotation
from whyspan_collector.copies import DATABASE
from whyspan_collector.errors import QueryError, StoreError, StoreUnavailable
from whyspan_collector.incident_events import IncidentEvent
from whyspan_collector.otlp import CONTENT_TYPES, Encoding, Signal, read_answer, read_refusal
from whyspan_collector.rule_checks import RuleChecks
from whyspan_collector.rule_events import RuleEvent
from whyspan_collector.search import Excerpt

_SECONDS: Final = 120.0
"""Longer than any query should take and than the collector waits in a drain."""
_LONG_SECONDS: Final = 3600.0
"""For what copies the whole database."""
_ALIVE_SECONDS: Final = 2.0
_ERRORS: Final[Mapping[int, type[StoreError]]] = {400: QueryError, 404: QueryError, 503: StoreUnavailable}


class RemoteStore:
    """The store behind the collector at a URL. Brings the tokens that are in the environment."""

    def __init__(self, url: str) -> None:
        """`url` is that of the collector, e.g. `http://127.0.0.1:4318`."""
        self.url = url
        # No proxy between two local processes.
        self._http = httpx.Client(base_url=url, timeout=_SECONDS, trust_env=False, verify=trust(url))

    def query(self, name: str, **parameters: Any) -> pa.Table:
        """Run a named query; see `Store.query`.

        Raises:
            QueryError: there is no such query, or its parameters are others.
            StoreUnavailable: the collector does not answer, or cannot now.
        """
        response = self._api("POST", f"/query/{name}", json=parameters)
        return pa.ipc.open_stream(response.content).read_all()

    def excerpts(self, filter_text: str, run_ids: Sequence[str]) -> list[Excerpt]:
        """Show where runs say what a filter looks for; see `Store.excerpts`."""
        found = self._api("POST", "/excerpts", json={"filter": filter_text, "run_ids": list(run_ids)})
        return [Excerpt(**each) for each in found.json()]

    def save_diagnoses(self, diagnoses: pa.Table) -> None:
        """Replace the diagnoses of the runs in the table; see `Store.save_diagnoses`."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, diagnoses.schema) as writer:
            writer.write_table(diagnoses)
        self._api("POST", "/diagnoses", content=sink.getvalue().to_pybytes())

    def record_incident_event(self, event: IncidentEvent) -> None:
        """Add what somebody did about an incident; see `Store.record_incident_event`."""
        self._api("POST", "/incident-events", json=asdict(event))

    def record_rule_event(self, event: RuleEvent) -> None:
        """Add what happened to a rule; see `Store.record_rule_event`."""
        self._api("POST", "/rule-events", json=asdict(event))

    def save_rule_checks(self, checks: RuleChecks) -> None:
        """Replace what is known of the rules in some runs; see `Store.save_rule_checks`."""
        self._api("POST", "/rule-checks", json=asdict(checks))

    def annotate(self, annotation: Annotation) -> None:
        """Add what a person says about the diagnosis of a run; see `Store.annotate`."""
        self._api("POST", "/annotations", json=asdict(annotation))

    def delete(self, run_ids: Sequence[str]) -> int:
        """Delete runs everywhere; see `Store.delete`."""
        response = self._api("POST", "/delete", json={"run_ids": list(run_ids)}, timeout=_LONG_SECONDS)
        return int(response.json()["deleted"])

    def pin(self, run_ids: Sequence[str], reason: str) -> int:
        """Keep retention away from runs; see `Store.pin`."""
        return int(self._api("POST", "/pins", json={"run_ids": list(run_ids), "reason": reason}).json()["pinned"])

    def unpin(self, run_ids: Sequence[str], reason: str | None = None) -> int:
        """Take pins from runs; see `Store.unpin`."""
        response = self._api("POST", "/unpin", json={"run_ids": list(run_ids), "reason": reason})
        return int(response.json()["unpinned"])

    def backup(self, target: Path) -> None:
        """Copy the database to a file; see `Store.backup`. Raises OSError where it cannot be written."""
        draft = target.with_name(target.name + ".part")
        try:
            with (
                self._http.stream("POST", "/api/backup", headers=bearer(READ_TOKEN), timeout=_LONG_SECONDS) as response,
                draft.open("wb") as file,
            ):
                if not response.is_success:
                    response.read()
                _checked(response, "/backup")
                for chunk in response.iter_bytes():
                    file.write(chunk)
            draft.replace(target)
        except httpx.HTTPError as error:
            raise self._silent(error) from error
        finally:
            draft.unlink(missing_ok=True)

    def restore(self, backup: Path) -> None:
        """Put a backup in the place of everything; see `Store.restore`. The file stays where it is."""
        with backup.open("rb") as file:
            self._api("POST", "/restore", {"content-type": DATABASE}, content=file, timeout=_LONG_SECONDS)

    def status(self) -> dict[str, Any]:
        """What the store holds, and under `ingest` how far the collector is behind what it accepted."""
        status: dict[str, Any] = self._api("GET", "/status").json()
        return status

    def drain(self) -> None:
        """Wait until everything the collector has accepted is queryable. Raises StoreUnavailable with the reason when it is stuck."""
        self._api("POST", "/drain")

    def pid(self) -> int | None:
        """The process id of the collector; None when what answers is no collector. Raises StoreUnavailable when nothing does."""
        response = self._request("GET", "/api/health", timeout=_ALIVE_SECONDS)
        try:
            return int(response.json()["pid"])
        except (ValueError, KeyError, TypeError):
            return None

    def send(self, signal: Signal, body: bytes, encoding: Encoding) -> tuple[int, str]:
        """Send one OTLP request, inflated, as an exporter does: again and again while the collector asks to.

        Returns:
            How many of its records were rejected, and which and why.

        Raises:
            StoreUnavailable: the collector does not answer, or could not take it for two minutes; nothing was kept.
            StoreError: it refuses the request, e.g. because it is too large.
        """
        headers = {"content-type": CONTENT_TYPES[encoding], **bearer(INGEST_TOKEN)}
        deadline = time.monotonic() + _SECONDS
        while True:
            response = self._request("POST", f"/v1/{signal}", content=body, headers=headers)
            if response.status_code != 503 or time.monotonic() > deadline:
                break
            time.sleep(float(response.headers.get("retry-after", 1)))
        if response.is_success:
            return read_answer(signal, encoding, response.content)
        kind = StoreUnavailable if response.status_code == 503 else StoreError
        raise kind(f"the collector at {self.url} refused the request: {read_refusal(encoding, response.content)}")

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self._http.close()

    def _api(
        self, method: str, path: str, headers: Mapping[str, str] = MappingProxyType({}), **content: Any
    ) -> httpx.Response:
        return _checked(
            self._request(method, f"/api{path}", headers={**bearer(READ_TOKEN), **headers}, **content), path
        )

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            raise self._silent(error) from error

    def _silent(self, error: httpx.HTTPError) -> StoreUnavailable:
        hint = (
            f"Its certificate is not trusted here; set {CERTIFICATE} to the certificate's file."
            if "CERTIFICATE_VERIFY_FAILED" in str(error)
            else "Is it still running? `whyspan up` starts it."
        )
        return StoreUnavailable(f"the collector at {self.url} does not answer ({error}). {hint}")


def _checked(response: httpx.Response, path: str) -> httpx.Response:
    """The response, unless it is an error: that is raised."""
    if response.is_success:
        return response
    try:
        reason = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        reason = f"status {response.status_code} from {path}"
    raise _ERRORS.get(response.status_code, StoreError)(reason)
