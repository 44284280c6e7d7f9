"""A scripted agent at work: every operation of its policy passes through a `Session`, which asks the "model", runs tools and records both.

One operation of a run may be handed to a fault before it is carried out; nothing that is recorded says which.
"""

import copy
import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import whyspan
from benchmarks.faults import wording
from benchmarks.faults.noise import Noise
from benchmarks.faults.operations import Op, TaskFailed

HICCUP = 0.05
"""How often a read fails for a passing reason, in faulty and clean runs alike."""
_JSON_TYPES = {str: "string", float: "number", int: "integer", bool: "boolean", list: "array", dict: "object"}
_PASSING = (TimeoutError, ConnectionError)


@dataclass(slots=True)
class Shared:
    """What all agents of one run have in common."""

    world: Any
    seed: int
    noise: Noise
    target: int | None = None
    """Index of the operation that goes wrong."""
    fault: Callable[[Op, Random], bool] | None = None
    injected: Op | None = None
    ops: list[Op] = field(default_factory=list)
    seen: list[Any] = field(default_factory=list)
    turns: int = 0
    limit: int = 90
    """Turns of the model, of all agents together, before the run is stopped."""
    skipped: Op | None = None
    """A step left out just now: the operation done instead of it answers for that."""
    initial: Any = None

    def __post_init__(self) -> None:
        self.initial = copy.deepcopy(self.world)


class Session:
    """One agent's conversation, and the operations its policy is made of."""

    def __init__(self, shared: Shared, agent: str, instructions: str, task: str, tools: Sequence[str]) -> None:
        self.shared = shared
        self.agent = agent
        self.rng = Random(f"{shared.noise.key}/{agent}/{len(shared.ops)}")
        """For the policy's own whims."""
        self._reads: list[tuple[str, dict[str, Any]]] = []
        self._definitions = [_definition(getattr(shared.world, name)) for name in tools]
        self._messages: list[dict[str, Any]] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": task},
        ]

    # --- operations -----------------------------------------------------------------------------------------------

    def use(self, name: str, /, *, must: Sequence[str] = (), **arguments: Any) -> Any:
        """Calls a tool; `must` names the arguments that stand for a constraint. Raises TaskFailed when it stays an error."""
        self._look_again()
        method = getattr(self.shared.world, name)
        phrased = self.shared.noise.phrased(arguments, len(self.shared.ops))
        op = self._begin(
            "use", name, arguments=phrased, tags=frozenset(must), effect=method.effect, run=method, similar=method.similar,
            initial=getattr(self.shared.initial, name), seen=list(self.shared.seen),
        )  # fmt: skip
        result: Any = None
        for _ in range(op.repeat):
            result = self._call(op)
        self.shared.seen.append(result)
        if op.effect == "pure-read":
            self._reads.append((name, op.arguments))
        return result

    def order(self, things: Sequence[Any], what: str) -> list[Any]:
        """Things that may be taken in any order, in that of this run."""
        return self.shared.noise.order(things, f"{self.agent}/{what}/{len(self.shared.ops)}")

    def choose(self, question: str, options: Sequence[Any], value: Any, why: str, tags: Sequence[str] = ()) -> Any:
        """Takes one of the options, as a decision."""
        op = self._begin("choose", question, value=value, options=list(options), tags=frozenset(tags))
        labels = [_label(option) for option in op.options]
        words = wording.choose(self._words(op), _label(op.value), why)
        with whyspan.decision(question, options=labels) as decision:
            _note(op, decision)
            self._ask(op, thinks=words, says=words)
            decision.choose(_label(op.value), because=why, evidence=self.shared.seen[-1:])
        return op.value

    def derive(self, name: str, value: Any, others: Sequence[Any] = ()) -> Any:
        """States a value the agent works out; `others` are what a careless reckoning of the same data gives."""
        op = self._begin("derive", name, value=value, options=list(others), seen=list(self.shared.seen))
        words = wording.derive(self._words(op), name, op.value)
        self._ask(op, thinks=words, says=words)
        return op.value

    def gate(self, step: str) -> bool:
        """True when an optional step is taken: a check, a question, the next page. It leaves no trace of its own."""
        op = self._begin("gate", step, value=True)
        if not op.value:
            self.shared.skipped = op
        return bool(op.value)

    @contextmanager
    def handoff(
        self, agent: str, instructions: str, tools: Sequence[str], payload: dict[str, Any]
    ) -> Iterator[tuple["Session", dict[str, Any]]]:
        """Another agent takes over; gives its session and the payload as it arrived."""
        op = self._begin("handoff", agent, arguments=payload)
        words = wording.handoff(self._words(op), agent, op.arguments)
        self._ask(op, thinks=words, says=words)
        task = json.dumps(op.arguments, ensure_ascii=False)
        with whyspan.handoff(agent, payload=op.arguments) as handed, whyspan.agent(agent, task=task) as invoked:
            _note(op, handed)
            session = Session(self.shared, agent, instructions, task, tools)
            yield session, op.arguments
            invoked.set_result(session.last)
        self.hear(f"{agent}: {session.last}")

    def answer(self, template: str, **values: Any) -> str:
        """Says the last word of this agent."""
        op = self._begin("answer", "answer", arguments=values, seen=list(self.shared.seen))
        told = {key: wording.plain(value) for key, value in op.arguments.items()}
        words = self.shared.noise.said(template.format(**told), op.index)
        self._ask(op, thinks=wording.derive(self._words(op), "what I report", words), says=words)
        return self.last

    def hear(self, words: str) -> None:
        """The user, or another agent, says something."""
        self._messages.append({"role": "user", "content": words})

    @property
    def last(self) -> str:
        """What was said last in this conversation."""
        return str(self._messages[-1].get("content") or "")

    # --- carrying them out ----------------------------------------------------------------------------------------

    def _look_again(self) -> None:
        """Now and then something is read a second time: no operation of its own, for nothing comes of it."""
        rng = self.shared.noise.looks_again(len(self.shared.ops)) if self._reads else None
        if rng is not None:
            name, arguments = rng.choice(self._reads)
            method = getattr(self.shared.world, name)
            with suppress(TaskFailed):
                self._call(
                    Op(-len(self.shared.ops), "use", name, self.agent, arguments, effect=method.effect, run=method)
                )

    def _begin(self, kind: Any, name: str, **known: Any) -> Op:
        shared = self.shared
        op = Op(len(shared.ops), kind, name, self.agent, **known)
        if kind != "gate" and shared.injected is not None and shared.injected.spans and not shared.injected.consumers:
            op.spans = shared.injected.consumers
        if kind != "gate" and shared.skipped is not None:
            op.spans, shared.skipped = shared.skipped.spans, None
        shared.ops.append(op)
        if op.index == shared.target and shared.fault is not None:
            rng = Random(f"{shared.seed}/fault/{op.index}")
            if shared.fault(op, rng):
                shared.injected = op
        return op

    def _words(self, op: Op) -> Random:
        return Random(f"{self.shared.noise.key}/words/{op.index}")

    def _ask(self, op: Op, thinks: str, says: str = "", calls: Sequence[dict[str, Any]] = ()) -> None:
        """One turn of the model, whose answer is known beforehand."""
        if op.forgets:
            del self._messages[1:-1]
            op.forgets = False
        self.shared.turns += 1
        said = says[: len(says) // 3] if op.cut else says
        answer: dict[str, Any] = {"role": "assistant", "reasoning": thinks, "content": said}
        if calls:
            answer["tool_calls"] = list(calls)
        with whyspan.model_call(
            op.model, provider="script", messages=self._messages, tools=self._definitions, parameters={"temperature": 0}
        ) as call:
            _note(op, call)
            if op.unreachable:
                raise ConnectionError("the model endpoint closed the connection (502 Bad Gateway)")
            if self.shared.turns > self.shared.limit:
                raise RuntimeError(f"maximum number of turns ({self.shared.limit}) reached")
            finish = "length" if op.cut else "tool_call" if calls else "stop"
            size = len(json.dumps(answer)) // 4
            call.respond(answer, finish_reason=finish, input_tokens=len(str(self._messages)) // 4, output_tokens=size)
        self._messages.append(answer)

    def _call(self, op: Op) -> Any:
        """Asks for a tool and runs it, again after a passing error; what the agent then takes the result for."""
        rng = self._words(op)
        said = {} if op.announced is None else op.announced
        for attempt in range(op.patience + 1):
            thinks = wording.again(rng) if attempt else wording.use(rng, op.name, said or op.arguments)
            call_id = f"call_{self.shared.turns}"
            asked = {"id": call_id, "function": {"name": op.name, "arguments": op.arguments}}
            self._ask(op, thinks=thinks, says=thinks if rng.random() < 0.4 else "", calls=[asked])
            try:
                result = self._execute(op, call_id, attempt)
            except Exception as error:
                if op.fatal:
                    raise
                failure: Exception = error
                self._told(call_id, f"{type(error).__name__}: {error}")
                if op.believes is not None or not isinstance(error, _PASSING):
                    break
            else:
                self._told(call_id, json.dumps(result, ensure_ascii=False))
                return result if op.believes is None else op.believes(result)
        if op.believes is not None:
            return op.believes(None)
        raise TaskFailed(f"{op.name}: {failure}")

    def _execute(self, op: Op, call_id: str, attempt: int) -> Any:
        if not hasattr(self.shared.world, op.name) or op.run is None:
            raise LookupError(f"there is no tool named {op.name!r}")
        arguments = copy.deepcopy(op.arguments)
        with whyspan.tool(op.name, effect=op.effect, arguments=arguments, call_id=call_id) as span:  # type: ignore[arg-type]
            _note(op, span)
            hiccup = Random(f"{self.shared.noise.key}/hiccup/{op.index}/{attempt}").random()
            if op.effect in ("pure-read", "volatile-read") and hiccup < HICCUP:
                raise TimeoutError(f"{op.name} did not answer within {2 + int(hiccup * 100)} s")
            result = self.shared.noise.stamped(copy.deepcopy(op.run(**arguments)), op.name, self.shared.turns)
            span.set_result(result)
        return result

    def _told(self, call_id: str, words: str) -> None:
        self._messages.append({"role": "tool", "tool_call_id": call_id, "content": words})


@contextmanager
def node(name: str) -> Iterator[None]:
    """A node of a graph, as frameworks record one: a span around what happens in it."""
    from whyspan import runtime

    tracer = runtime.tracer()
    attributes = {"gen_ai.operation.name": "chain"}
    with tracer.start_as_current_span(name, attributes=attributes) if tracer is not None else nullcontext():
        yield


def _note(op: Op, span: Any) -> None:
    if span.span_id is not None:
        op.spans.append(span.span_id)


def _label(option: Any) -> str:
    """What an option is called: the first field of a record."""
    return str(next(iter(option.values()))) if isinstance(option, dict) else wording.plain(option)


def _definition(method: Callable[..., Any]) -> dict[str, Any]:
    """The tool as it is offered to the model: name, description and JSON Schema of its parameters."""
    parameters = inspect.signature(method).parameters.values()
    return {
        "type": "function",
        "name": method.__name__,
        "description": method.__doc__,
        "parameters": {
            "type": "object",
            "properties": {each.name: {"type": _JSON_TYPES.get(each.annotation, "string")} for each in parameters},
            "required": [each.name for each in parameters if each.default is each.empty],
        },
    }
