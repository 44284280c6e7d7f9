"""A model of the tape: answers OpenAI's HTTP requests on 127.0.0.1 with what was recorded, and tells the player what it sees."""

import json
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal, TypeAlias

from whyspan.messages import texts_of
from whyspan.rules.events import Event, On
from whyspan.testing import conversation
from whyspan.testing.completions import FORMS, offered
from whyspan.testing.player import Player
from whyspan.testing.tape import Answered, nearest
from whyspan.testing.verdict import ReplayOver

AnswerBy: TypeAlias = Literal["content", "order"]
_PATHS: Final = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
_OTHERS: Final = ("ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL")
"""Clients whose requests cannot be answered; they must not leave the machine either."""
_KEYS: Final = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")
_DIRECT: Final = ("NO_PROXY", "no_proxy")


class Model:
    """The recorded answers of a tape, each given once."""

    def __init__(self, player: Player, by: AnswerBy, *, ours: bool) -> None:
        self._player, self._by = player, by
        self._left = list(player.tape.answers)
        self._ours = ours
        self._decisive: tuple[str, int] | None = None
        """(call id, attempts before) of a call such as the decisive one, once the model has asked for it."""

    def answer(self, messages: list[dict[str, Any]], tools: dict[str, Any]) -> Answered:
        """The recorded answer to a conversation. Raises ReplayOver where there is none."""
        with self._player.lock:
            self._see(messages)
            found = self._found(messages)
            if found is None:
                self._not_recorded(messages)
                raise ReplayOver(self._player.why)
            self._left.remove(found)
            self._player.answered(found)
            self._say(found, tools)
            return found

    def unknown(self, path: str) -> str:
        """A request that is none of ours ends the replay. Gives the reason."""
        self._player.over(f"a replay has no {path}; it has {' and '.join(FORMS)}")
        return self._player.why

    def _found(self, messages: list[dict[str, Any]]) -> Answered | None:
        if self._by == "order":
            return self._left[0] if self._left else None
        wanted = conversation.digest(messages)
        return next((each for each in self._left if each.conversation == wanted), None)

    def _see(self, messages: list[dict[str, Any]]) -> None:
        """What a request tells: what the model hears, and what became of the call it asked for."""
        if not self._ours:
            for text in texts_of(messages, ("system", "user")):
                self._player.happened(Event(On.TOLD, text=text))
        if self._decisive is None or self._decisive[0] not in conversation.results_of(messages):
            return
        name = self._player.tape.decisive.name
        if self._player.attempts[name] == self._decisive[1] and self._player.in_hand(name):
            self._player.declined(name)

    def _say(self, answer: Answered, tools: dict[str, Any]) -> None:
        """What the model says; a call of a tool that was not offered is judged here, because no tool will run."""
        name = self._player.tape.decisive.name
        for call in answer.calls:
            if call["name"] == name:
                self._decisive = (str(call["id"]), self._player.attempts[name])
        if self._ours:
            return
        event = Event(On.MODEL, answer.model, text=answer.text, finish=answer.finish, schema=tools or None)
        event.offered = frozenset(tools) or None
        self._player.happened(event)
        for call in answer.calls:
            if tools and call["name"] not in tools:
                self._player.look(Event(On.CALL, call["name"], args=call["arguments"]))

    def _not_recorded(self, messages: list[dict[str, Any]]) -> None:
        said = conversation.last_of(messages)
        like = nearest(said, (each.last for each in self._left))
        hint = f" The nearest recorded request ended with: {like}" if like else " No recorded answer is left."
        self._player.over(f"the model was asked what it was never asked in the recording, after: {said}.{hint}")


@contextmanager
def served(model: Model) -> Generator[str]:
    """Answers requests for the time of a `with` block; the environment leads OpenAI's clients there. Gives the base URL."""
    server = _Server(model)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True, name="whyspan-replay")
    thread.start()
    root = f"http://127.0.0.1:{server.server_port}"
    before = {name: os.environ.get(name) for name in (*_PATHS, *_OTHERS, *_KEYS, *_DIRECT)}
    os.environ.update(
        dict.fromkeys(_PATHS, f"{root}/v1") | dict.fromkeys(_OTHERS, root) | dict.fromkeys(_KEYS, "replay")
    )
    os.environ.update({name: ",".join(filter(None, (before[name], "127.0.0.1"))) for name in _DIRECT})
    try:
        yield f"{root}/v1"
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, model: Model) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answers one request to the model."""
        form = next((form for end, form in FORMS.items() if self.path.partition("?")[0].endswith(end)), None)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if form is None:
            return self._refuse(404, self.server.model.unknown(self.path))
        try:
            request = json.loads(body)
            answer = self.server.model.answer(form.messages(request), offered(request))
        except ReplayOver as over:
            return self._refuse(400, str(over))  # 400: clients do not try again
        except (ValueError, AttributeError, TypeError) as error:
            return self._refuse(400, f"the request cannot be read: {error}")
        if not request.get("stream"):
            return self._send(200, "application/json", json.dumps(form.body(answer)))
        lines = [
            f"event: {name}\n" * bool(name) + f"data: {json.dumps(data)}\n\n" for name, data in form.events(answer)
        ]
        return self._send(
            200, "text/event-stream", "".join([*lines, "data: [DONE]\n\n" * (form is FORMS["chat/completions"])])
        )

    def _refuse(self, status: int, message: str) -> None:
        error = {"message": f"whyspan replay: {message}", "type": "whyspan_replay_over", "param": None, "code": None}
        self._send(status, "application/json", json.dumps({"error": error}))

    def _send(self, status: int, kind: str, text: str) -> None:
        sent = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Says nothing: the terminal belongs to the test."""
