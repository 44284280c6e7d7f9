"""One request to a chat completions endpoint, and the text of its answer; whatever goes wrong becomes one sentence."""

import time
from typing import Any, Final

import httpx

from whyspan_analysis.judge.settings import Settings

MAX_ANSWER: Final = 1_000_000
"""Bytes of an answer that are read: a judgement takes some 2,000."""


class NoAnswer(Exception):
    """The model gave no answer that can be read; the message says why, without the key."""


def ask(settings: Settings, messages: list[dict[str, str]]) -> str:
    """What the model answers. Raises NoAnswer."""
    headers = {"authorization": f"Bearer {settings.key.get_secret_value()}"} if settings.key is not None else {}
    body = {"model": settings.model, "messages": messages, "temperature": 0, "stream": False}
    url = settings.url.rstrip("/") + "/chat/completions"
    read, deadline = bytearray(), time.monotonic() + settings.seconds
    try:
        with httpx.stream("POST", url, json=body, headers=headers, timeout=settings.seconds) as answer:
            for piece in answer.iter_bytes():
                read += piece
                if len(read) > MAX_ANSWER:
                    raise NoAnswer(f"its answer is longer than {MAX_ANSWER:,} bytes")
                if time.monotonic() > deadline:  # each piece may come in time and their sum not
                    raise NoAnswer(f"it did not answer within {settings.seconds:g} s")
            if answer.status_code != httpx.codes.OK:
                raise NoAnswer(f"it answered with status {answer.status_code}")
            return _words(httpx.Response(answer.status_code, content=bytes(read)).json())
    except httpx.TimeoutException:
        raise NoAnswer(f"it did not answer within {settings.seconds:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoAnswer(f"it cannot be reached ({type(error).__name__})") from None
    except ValueError:
        raise NoAnswer("its answer is not JSON") from None


def _words(answer: Any) -> str:
    try:
        words = answer["choices"][0]["message"]["content"]
    except (LookupError, TypeError):
        raise NoAnswer("its answer is no chat completion") from None
    if not isinstance(words, str):
        raise NoAnswer("its answer holds no text")
    return words
