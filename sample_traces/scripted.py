"""A hand-written agent loop whose model answers from a script, so that the samples fail in the same way every time.

What a live model would have answered stands in the agent's code where the model is asked: `thinks`, `says`, `calls`.
"""

import inspect
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import whyspan

MODEL = "scripted-1"
_JSON_TYPES = {str: "string", float: "number", int: "integer", bool: "boolean", list: "array", dict: "object"}


class Assistant:
    """One conversation with the model, and the tools it may call."""

    def __init__(self, instructions: str, task: str, tools: Sequence[Callable[..., Any]]) -> None:
        self._messages: list[dict[str, Any]] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": task},
        ]
        self._tools = {tool.__name__: tool for tool in tools}
        self._calls = 0

    def turn(self, *, thinks: str, says: str = "", calls: Sequence[dict[str, Any]] = ()) -> list[Any]:
        """Asks the model once and does what it says; returns the results of the tools it calls."""
        return self.act(self.ask(thinks=thinks, says=says, calls=calls))

    def act(self, answer: dict[str, Any]) -> list[Any]:
        """Runs the tools the model calls; returns their results, None for a tool that failed."""
        return [self._run(call) for call in answer.get("tool_calls", [])]

    def ask(self, *, thinks: str, says: str = "", calls: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """Asks the model once; returns its answer."""
        answer: dict[str, Any] = {"role": "assistant", "reasoning": thinks, "content": says}
        if calls:
            answer["tool_calls"] = [self._numbered(call) for call in calls]
        with whyspan.model_call(
            MODEL,
            provider="script",
            messages=self._messages,
            tools=[_definition(tool) for tool in self._tools.values()],
            parameters={"temperature": 0},
        ) as call:
            tokens = len(json.dumps(answer)) // 4
            time.sleep(0.4 + tokens * 0.012)
            call.respond(
                answer,
                finish_reason="tool_call" if "tool_calls" in answer else "stop",
                input_tokens=len(json.dumps(self._messages)) // 4,
                output_tokens=tokens,
            )
        self._messages.append(answer)
        return answer

    def _numbered(self, call: dict[str, Any]) -> dict[str, Any]:
        self._calls += 1
        return {"id": f"call_{self._calls}", "function": call}

    def _run(self, call: dict[str, Any]) -> Any:
        function = call["function"]
        try:
            result = self._tools[function["name"]](**function["arguments"])
            said = json.dumps(result)
        except Exception as error:  # noqa: BLE001 - what a tool raises is told to the model, as agent loops do
            result, said = None, f"{type(error).__name__}: {error}"
        self._messages.append({"role": "tool", "tool_call_id": call["id"], "content": said})
        return result


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A tool call of the model."""
    return {"name": name, "arguments": arguments}


def _definition(tool: Callable[..., Any]) -> dict[str, Any]:
    """The tool as it is offered to the model: name, description and JSON Schema of its parameters."""
    parameters = inspect.signature(tool).parameters.values()
    return {
        "type": "function",
        "name": tool.__name__,
        "description": tool.__doc__,
        "parameters": {
            "type": "object",
            "properties": {each.name: {"type": _JSON_TYPES.get(each.annotation, "string")} for each in parameters},
            "required": [each.name for each in parameters if each.default is each.empty],
        },
    }
