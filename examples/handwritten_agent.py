"""No framework: an agent written by hand, with decorators and a recorded decision. It ends badly, and `whyspan why` says where.

A key of tenant `acme` has leaked. Two keys end in the same four characters, and the agent revokes the wrong one.
"""

import json
import urllib.request
from typing import Any

from scripted_model import MODEL, Answer, Call, scripted_model

import whyspan

whyspan.configure(service="key-desk")

TASK = "Tenant acme reports that an API key of theirs ending in 4f2c was pushed to a public repository. Revoke it."
INSTRUCTIONS = "You revoke leaked API keys. Revoking cannot be undone and stops everything that uses the key."
SCRIPT = (
    Answer("I look for keys with that ending.", calls=[Call("find_keys", {"ending": "4f2c"})]),
    Answer(
        "Two keys end in 4f2c. key-7731 was used two minutes ago, so whoever found it is using it; key-2290 is idle.",
        calls=[Call("revoke_key", {"key_id": "key-7731"})],
    ),
    Answer("Revoked. I tell the tenant.", says="The leaked key key-7731 is revoked."),
)
KEYS = [
    {"key_id": "key-7731", "tenant": "globex", "ending": "4f2c", "last_used": "2 minutes ago"},
    {"key_id": "key-2290", "tenant": "acme", "ending": "4f2c", "last_used": "19 days ago"},
]


@whyspan.tool(effect="volatile-read")
def find_keys(ending: str) -> list[dict[str, str]]:
    """API keys that end in these characters."""
    return [key for key in KEYS if key["ending"] == ending]


@whyspan.tool(effect="irreversible")
def revoke_key(key_id: str) -> dict[str, str]:
    """Revokes an API key for good."""
    return {"key_id": key_id, "status": "revoked"}


TOOLS = {"find_keys": find_keys, "revoke_key": revoke_key}


@whyspan.agent("keys", constraints=["revoke only the key that leaked"])
def revoke_leaked_key(task: str, chat: "Chat") -> str:
    """Finds the key, chooses it, revokes it, and checks what was done."""
    chat.tell(task)
    keys = chat.run(chat.ask())
    with whyspan.decision("Which key leaked?", options=[key["key_id"] for key in keys]) as which:
        answer = chat.ask()
        chosen = json.loads(answer["tool_calls"][0]["function"]["arguments"])["key_id"]
        which.choose(chosen, because=answer["reasoning_content"], confidence=0.7, evidence=[keys])
    revoked = chat.run(answer)["key_id"]
    said = chat.ask()["content"]
    owner = next(key["tenant"] for key in KEYS if key["key_id"] == revoked)
    whyspan.outcome(
        ok=owner == "acme",
        check="the revoked key belongs to the tenant that reported the leak",
        detail=f"acme reported it, {revoked} belongs to {owner}",
    )
    return str(said)


class Chat:
    """A conversation with the model."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/chat/completions"
        self._messages: list[dict[str, Any]] = [{"role": "system", "content": INSTRUCTIONS}]
        self._tools = [
            {"type": "function", "function": {"name": name, "description": tool.__doc__}}
            for name, tool in TOOLS.items()
        ]

    def tell(self, task: str) -> None:
        """Says what is wanted."""
        self._messages.append({"role": "user", "content": task})

    def ask(self) -> dict[str, Any]:
        """Asks the model once; returns its message."""
        with whyspan.model_call(MODEL, provider="script", messages=self._messages, tools=self._tools) as call:
            body = json.dumps({"model": MODEL, "messages": self._messages, "tools": self._tools}).encode()
            request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as response:
                completion = json.load(response)
            message, usage = completion["choices"][0]["message"], completion["usage"]
            call.respond(
                message,
                finish_reason=completion["choices"][0]["finish_reason"],
                input_tokens=usage["prompt_tokens"],
                output_tokens=usage["completion_tokens"],
            )
        self._messages.append(message)
        return dict(message)

    def run(self, message: dict[str, Any]) -> Any:
        """Runs the tool the model calls; returns its result."""
        [call] = message["tool_calls"]
        result = TOOLS[call["function"]["name"]](**json.loads(call["function"]["arguments"]))
        self._messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)})
        return result


def main() -> None:
    """One leaked key."""
    with scripted_model(*SCRIPT) as url:
        print(revoke_leaked_key(TASK, Chat(url)))


if __name__ == "__main__":
    main()
