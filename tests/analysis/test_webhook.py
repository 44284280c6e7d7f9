"""The webhook: signed, each message once, few at a time, again until it is taken, over restarts."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from whyspan_analysis.incidents.model import Alarm
from whyspan_analysis.webhook import PER_HOUR, Webhook, of_alarm
from whyspan_ui.cli import main

SECRET = "a secret of more than sixteen characters"
NOW = 1_790_000_000.0


class Receiver:
    """An HTTP server that keeps what it is sent and answers with `status`."""

    def __init__(self) -> None:
        self.status = 204
        self.received: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append((dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def alarm(incident: str = "0123456789ab") -> dict[str, Any]:
    """The message of a new incident."""
    told = Alarm(kind="new", text="Incident is new", incident=incident, agent="a", now=4, of_now=9, before=0, of_before=90, q=0.001, run_ids=["r1"])  # fmt: skip
    return of_alarm(told, "http://127.0.0.1:8501")


def test_messages_are_signed(receiver: Receiver, tmp_path: Path) -> None:
    """A receiver that knows the secret can check who sent a message, and when."""
    hook = Webhook(receiver.url, SECRET, tmp_path)
    hook.tell([alarm()], NOW)

    assert hook.work(NOW) == 1
    ((headers, body),) = receiver.received
    sent = headers["whyspan-timestamp"].encode() + b"." + body
    assert headers["whyspan-signature"] == "v1=" + hmac.new(SECRET.encode(), sent, hashlib.sha256).hexdigest()
    assert headers["whyspan-timestamp"] == str(int(NOW))
    assert json.loads(body)["urls"] == ["http://127.0.0.1:8501/investigate?run=r1"]


def test_the_same_message_is_told_once_a_day(receiver: Receiver, tmp_path: Path) -> None:
    """However often the alarm is found, and also by a process that was started anew."""
    for minute in range(3):
        hook = Webhook(receiver.url, SECRET, tmp_path)
        hook.tell([alarm()], NOW + 60 * minute)
        hook.work(NOW + 60 * minute)
    assert len(receiver.received) == 1

    hook.tell([alarm()], NOW + 86_401)
    hook.work(NOW + 86_401)
    assert len(receiver.received) == 2


def test_what_is_not_taken_is_sent_again_later_and_later(receiver: Receiver, tmp_path: Path) -> None:
    """With growing pauses, over a restart, until it is taken; after a day it is given up."""
    receiver.status = 503
    hook = Webhook(receiver.url, SECRET, tmp_path)
    hook.tell([alarm()], NOW)
    tries = [second for second in range(0, 400, 10) if _tried(hook, receiver, NOW + second)]
    assert tries == [0, 30, 90, 210]

    hook = Webhook(receiver.url, SECRET, tmp_path)
    assert hook.waiting == 1
    receiver.status = 200
    assert hook.work(NOW + 2000) == 1
    assert hook.waiting == 0

    hook.tell([alarm("ba9876543210")], NOW)
    hook.work(NOW + 90_000)
    assert hook.waiting == 0


def _tried(hook: Webhook, receiver: Receiver, now: float) -> bool:
    before = len(receiver.received)
    hook.work(now)
    return len(receiver.received) > before


def test_few_messages_an_hour(receiver: Receiver, tmp_path: Path) -> None:
    """A flood of alarms waits; nothing of it is lost."""
    hook = Webhook(receiver.url, SECRET, tmp_path)
    hook.tell([alarm(f"{number:012x}") for number in range(PER_HOUR + 5)], NOW)

    assert hook.work(NOW) == PER_HOUR
    assert hook.work(NOW + 60) == 0
    assert hook.work(NOW + 3601) == 5


def test_a_broken_file_is_begun_anew(receiver: Receiver, tmp_path: Path) -> None:
    """What is not ours in the file costs what waited, never the worker."""
    (tmp_path / "webhook.json").write_text('{"waiting": 7}')
    hook = Webhook(receiver.url, SECRET, tmp_path)
    hook.tell([alarm()], NOW)
    assert hook.work(NOW) == 1


def test_the_command_sends_a_test(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message at once; without a webhook, or when it is not taken, exit status 2 and why; unsigned is no setting."""
    command = ["webhook", "test", "--data", str(tmp_path)]
    assert main(command) == 2
    monkeypatch.setenv("WHYSPAN_WEBHOOK_URL", receiver.url)
    assert main(command) == 2
    assert "webhook_secret" in capsys.readouterr().err
    monkeypatch.setenv("WHYSPAN_WEBHOOK_SECRET", SECRET)
    assert main(command) == 0
    assert json.loads(receiver.received[0][1])["kind"] == "test"
    receiver.status = 410
    assert main(command) == 2
    assert "HTTP 410" in capsys.readouterr().err
