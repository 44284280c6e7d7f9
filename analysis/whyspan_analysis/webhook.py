"""One signed webhook that tells people of alarms and of incidents that are back: each once, few at a time, again until it is taken.

What is to be sent waits in a file of the data folder, so that neither a restart nor a receiver that is away loses it.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from whyspan_analysis.incidents.model import Alarm, Incident

STATE: Final = "webhook.json"
AGAIN_SECONDS: Final = 86_400.0
"""The same alarm is told once a day at most."""
PER_HOUR: Final = 10
"""Messages an hour: more are no news but noise, and wait."""
FIRST_RETRY_SECONDS: Final = 30.0
"""After a failure; doubled every time, up to an hour."""
LAST_RETRY_SECONDS: Final = 3600.0
GIVEN_UP_SECONDS: Final = 86_400.0
"""A message nobody took for a day is dropped, and said in the log."""
_MOST: Final = 100
"""Messages that wait; the oldest go first."""
_TIMEOUT_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    message: dict[str, Any]
    since: float
    next_at: float = 0.0
    tries: int = 0


@dataclass(slots=True)
class _State:
    waiting: list[_Waiting] = field(default_factory=list)
    told: dict[str, float] = field(default_factory=dict)
    """Key of a message -> when it was first to be sent."""
    sent: list[float] = field(default_factory=list)
    """When messages were sent, the last hour's."""


class Webhook:
    """The webhook of a data folder."""

    def __init__(self, url: str, secret: str, data: Path) -> None:
        self._url = url
        self._secret = secret.encode()
        self._path = data / STATE
        self._state = _read(self._path)

    def tell(self, messages: Iterable[dict[str, Any]], now: float) -> None:
        """Puts messages in the queue, unless the same (`key`) was told lately; `now` in seconds since the epoch."""
        state = self._state
        state.told = {key: at for key, at in state.told.items() if now - at < AGAIN_SECONDS}
        for message in messages:
            if message["key"] not in state.told:
                state.told[message["key"]] = now
                state.waiting.append(_Waiting(message, now))
        if dropped := state.waiting[:-_MOST]:
            state.waiting = state.waiting[-_MOST:]
            _log.warning("%d messages for the webhook were dropped: too many wait", len(dropped))

    def work(self, now: float) -> int:
        """Sends what is due. Returns how many messages were taken."""
        state, taken = self._state, 0
        state.sent = [at for at in state.sent if now - at < 3600]
        for each in list(state.waiting):
            if now - each.since > GIVEN_UP_SECONDS:
                state.waiting.remove(each)
                _log.warning("the webhook took no message for a day, one is dropped: %s", each.message["text"])
            elif each.next_at <= now and len(state.sent) < PER_HOUR:
                trouble = self.send(each.message, now)
                if trouble is None:
                    state.waiting.remove(each)
                    state.sent.append(now)
                    taken += 1
                    continue
                each.tries += 1
                each.next_at = now + min(FIRST_RETRY_SECONDS * 2 ** (each.tries - 1), LAST_RETRY_SECONDS)
                _log.warning("the webhook did not take a message (try %d): %s", each.tries, trouble)
                break  # whoever does not take one takes no other now
        self._write()
        return taken

    def send(self, message: dict[str, Any], now: float) -> str | None:
        """Sends one message at once. Returns what went wrong, None when it was taken (any 2xx)."""
        body = json.dumps(message, ensure_ascii=True).encode()
        timestamp = str(int(now))
        headers = {
            "content-type": "application/json",
            "whyspan-timestamp": timestamp,
            "whyspan-signature": f"v1={signature(self._secret, timestamp, body)}",
        }
        try:
            answer = httpx.post(self._url, content=body, headers=headers, timeout=_TIMEOUT_SECONDS)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return None if answer.is_success else f"HTTP {answer.status_code}"

    @property
    def waiting(self) -> int:
        """Messages that were not taken yet."""
        return len(self._state.waiting)

    def _write(self) -> None:
        draft = self._path.with_suffix(".json.tmp")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self._state)), encoding="utf-8")
        draft.replace(self._path)


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `<timestamp>.<body>`, in hex: a receiver refuses what is older than five minutes."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def of_alarm(alarm: Alarm, dashboard: str | None) -> dict[str, Any]:
    """The message for an alarm; `dashboard` is the dashboard's address, for links."""
    return {
        "schema": "whyspan.message/1",
        "key": f"{alarm.kind}/{alarm.incident or ''}/{alarm.agent or ''}",
        "kind": alarm.kind,
        "text": alarm.text,
        "incident": alarm.incident,
        "agent": alarm.agent,
        "run_ids": alarm.run_ids,
        "urls": _urls(alarm.run_ids, dashboard),
    }


def of_reopened(incident: Incident, dashboard: str | None) -> dict[str, Any]:
    """The message for an incident that is back after its fix."""
    assert incident.reopened is not None  # noqa: S101 - the caller asks for these only
    return {
        "schema": "whyspan.message/1",
        "key": f"back/{incident.id}/{incident.fixed_in or ''}",
        "kind": "back",
        "text": f"Incident `{incident.id}` is back: {incident.title}. {incident.reopened.text}",
        "incident": incident.id,
        "agent": incident.agents[0] if incident.agents else None,
        "run_ids": [incident.reopened.run_id],
        "urls": _urls([incident.reopened.run_id], dashboard),
    }


def _urls(run_ids: list[str], dashboard: str | None) -> list[str]:
    return [f"{dashboard}/investigate?run={run_id}" for run_id in run_ids] if dashboard else []


def _read(path: Path) -> _State:
    """What an earlier process left; nothing where there is none, or where the file is broken."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return _State([_Waiting(**each) for each in read["waiting"]], dict(read["told"]), list(read["sent"]))
    except FileNotFoundError:
        return _State()
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning("%s cannot be read and is begun anew: %s", path, error)
        return _State()
