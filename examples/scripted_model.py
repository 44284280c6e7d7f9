"""A model whose answers are written down beforehand, behind OpenAI's HTTP interface on a free port of this machine.

So the examples need no key and no network, cost nothing, and go the same way every time. Any client that speaks
`/chat/completions` or `/responses` can talk to it; what it says is in the script, what the agent does with it is real.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "scripted-1"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of the model."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the model: what it thinks, then what it says or the tools it calls."""

    thinks: str
    says: str = ""
    calls: Sequence[Call] = ()


@contextmanager
def scripted_model(*script: Answer) -> Iterator[str]:
    """The base URL of a server that gives these answers, one for each request, for the time of a `with` block."""
    server = _Server(script)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script: Sequence[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._script = iter(enumerate(script, 1))
        self._lock = threading.Lock()

    def next_answer(self) -> tuple[int, Answer] | None:
        """The next answer and its number; None when the script is over."""
        with self._lock:
            return next(self._script, None)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answers one request to the model."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if request.get("stream"):
            return self._send(400, {"error": {"message": "the scripted model does not stream"}})
        form = {"/v1/chat/completions": _completion, "/v1/responses": _response}.get(self.path)
        if form is None:
            return self._send(404, {"error": {"message": f"the scripted model has no {self.path}"}})
        if (answer := self.server.next_answer()) is None:
            return self._send(
                400, {"error": {"message": "the script is over: the agent asks more than was written down"}}
            )
        return self._send(200, form(request, *answer))

    def _send(self, status: int, body: dict[str, Any]) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Says nothing: the terminal belongs to the agent."""


def _completion(request: dict[str, Any], number: int, answer: Answer) -> dict[str, Any]:
    """The answer as `/chat/completions` gives it; `reasoning_content` is how models with open reasoning send it."""
    calls = [
        {"id": call_id, "type": "function", "function": {"name": call.tool, "arguments": json.dumps(call.arguments)}}
        for call_id, call in _numbered(number, answer)
    ]
    message = {"role": "assistant", "content": answer.says or None, "reasoning_content": answer.thinks}
    asked, told = _tokens(request), _tokens([answer.thinks, answer.says, calls])
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {**message, "tool_calls": calls} if calls else message,
                "finish_reason": "tool_calls" if calls else "stop",
            }
        ],
        "usage": {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told},
    }


def _response(request: dict[str, Any], number: int, answer: Answer) -> dict[str, Any]:
    """The answer as `/responses` gives it."""
    summary = [{"type": "summary_text", "text": answer.thinks}]
    output: list[dict[str, Any]] = [{"id": f"rs_{number}", "type": "reasoning", "summary": summary}]
    if answer.says:
        text = {"type": "output_text", "text": answer.says, "annotations": []}
        said = {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
        output.append(said)
    output += [
        {
            "id": f"fc_{call_id}",
            "type": "function_call",
            "call_id": call_id,
            "name": call.tool,
            "arguments": json.dumps(call.arguments),
            "status": "completed",
        }
        for call_id, call in _numbered(number, answer)
    ]
    asked, told = _tokens(request), _tokens(output)
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": request.get("tools", []),
        "usage": {
            "input_tokens": asked,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": told,
            "output_tokens_details": {"reasoning_tokens": len(answer.thinks) // 4},
            "total_tokens": asked + told,
        },
    }


def _numbered(number: int, answer: Answer) -> Iterator[tuple[str, Call]]:
    for position, call in enumerate(answer.calls, 1):
        yield f"call_{number}_{position}", call


def _tokens(said: object) -> int:
    """About as many tokens as it has quarters of characters; nobody pays for these."""
    return len(json.dumps(said)) // 4
