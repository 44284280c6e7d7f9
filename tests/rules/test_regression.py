"""From a failed run to a test of it: what is on the tape, what is checked, what the file says."""

import ast
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from recordings import FOLDERS, records

import whyspan
from whyspan.rules.rule import Rule, Scope, compile_rule
from whyspan.testing import capture, replay
from whyspan_analysis.diagnose import build_case, diagnose
from whyspan_analysis.load import assemble
from whyspan_analysis.model import Run
from whyspan_analysis.regression.document import DOCUMENTS, TapeDocument, schema
from whyspan_analysis.regression.proof import prove
from whyspan_analysis.regression.recording import NotExportable, Recording
from whyspan_analysis.regression.source import agent_name, source, stem
from whyspan_analysis.regression.tape import make_tape
from whyspan_analysis.rules.history import past_run
from whyspan_analysis.rules.propose import propose
from whyspan_collector import otlp

LOOP = "langgraph__openinference__retry_loop_recursion"
NO_SECRETS = Rule("no-leak", "absence", 'e.name == "send"', scope=Scope(on=("call",)), message="Send nothing.")


def recorded(run: Run, rule: Rule | None = None) -> Recording:
    """A run with its diagnosis and a rule, the first one proposed by default."""
    diagnosis, case = diagnose(run), build_case(run)
    past = past_run(case, diagnosis.hypotheses[0].span_id if diagnosis.hypotheses else None)
    chosen = rule or propose(past, diagnosis, [])[0][0].rule
    return Recording(case, past, diagnosis, compile_rule(chosen))


def of_agent(agent: Callable[[], object]) -> Run:
    """The run of an agent that is instrumented with our SDK."""
    with capture() as captured:
        agent()
    [request] = otlp.requests(encode_spans(captured.spans).SerializeToString(), 1 << 26)
    batch = otlp.decode(request.signal, request.body, request.encoding)
    return assemble("r-1", batch.spans, batch.logs)


@pytest.fixture(scope="module")
def loop() -> dict[str, Any]:
    """The tape of an agent of LangGraph that made the same search again and again; it went through OpenAI's interface."""
    recording = recorded(assemble("loop", *records(LOOP)))
    taped = make_tape(recording)
    proof = prove(taped, recording, [recording.past])
    assert proof.recorded.startswith("the recorded failure happened again: search_docs(")
    assert proof.passing == 0  # the failed run itself is none
    return taped.document.plain()


def chat(path: str, conversation: list[Any]) -> list[dict[str, Any]]:
    """Asks the model OPENAI_BASE_URL leads to; gives what it says as items of a conversation."""
    field = "messages" if path == "chat/completions" else "input"
    answer = httpx.post(f"{os.environ['OPENAI_BASE_URL']}/{path}", json={field: conversation}).raise_for_status().json()
    return [answer["choices"][0]["message"]] if "choices" in answer else answer["output"]


def searcher(path: str, most: int) -> Callable[..., str]:
    """An agent without any SDK, which searches as often as its model wants, or as often as it may."""

    def search(task: str, tools: dict[str, Callable[..., Any]]) -> str:
        conversation: list[Any] = [{"role": "system", "content": "new words"}, {"role": "user", "content": task}]
        for _ in range(most):
            for item in chat(path, conversation):
                conversation.append(item)
                call = item["tool_calls"][0]["function"] if "tool_calls" in item else item
                found = json.dumps(tools[call["name"]](**json.loads(call["arguments"])))
                if "tool_calls" in item:
                    identity = item["tool_calls"][0]["id"]
                    conversation.append({"role": "tool", "tool_call_id": identity, "content": found})
                else:
                    conversation.append({"type": "function_call_output", "call_id": item["call_id"], "output": found})
        return "Nothing was found."

    return search


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
def test_a_recorded_model_answers_over_http(loop: dict[str, Any], path: str) -> None:
    """The recorded completions come by what was said before them: red on the agent that goes on, green on one that stops."""
    with replay(loop) as run:
        run.start(searcher(path, most=9))
    assert run.verdict == "broken"
    assert sum("as recorded" in line for line in str(run).splitlines()) == 4

    with replay(loop) as run:
        run.start(searcher(path, most=3))
    assert run.kept
    assert "OPENAI_BASE_URL" not in os.environ


def test_a_conversation_that_was_never_recorded_is_not_answered(loop: dict[str, Any]) -> None:
    """The agent asks otherwise: nothing can be said, and the message shows what was asked and what was recorded."""
    with replay(loop) as run:
        run.start(lambda _: chat("chat/completions", [{"role": "user", "content": "How much is a gift card?"}]))

    assert run.verdict == "unknown"
    assert "user How much is a gift card?" in str(run)
    assert "nearest recorded request ended with: user What is our refund policy" in str(run)

    with replay(loop) as run:
        run.start(lambda _: httpx.post(f"{os.environ['ANTHROPIC_BASE_URL']}/v1/messages", json={}))
    assert "a replay has no /v1/messages" in str(run)

    with replay(loop, answers="order") as run:
        run.start(lambda _: chat("chat/completions", [{"role": "user", "content": "How much is a gift card?"}]))
    assert run.kept


def test_streamed_answers(loop: dict[str, Any]) -> None:
    """A client that streams gets the same answer in pieces."""
    body = {"messages": [{"role": "user", "content": loop["given"]}], "stream": True}
    with replay(loop) as run:
        said = httpx.post(f"{run.url}/chat/completions", json=body).text
    pieces = [json.loads(line.removeprefix("data: ")) for line in said.split("\n\n") if line.startswith("data: {")]
    assert pieces[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"] == "search_docs"
    assert said.endswith("data: [DONE]\n\n")


def test_an_agent_of_the_samples_fails_again_on_its_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorded run and today's code of the agent that made it agree call by call, defaults of arguments included."""
    recording = recorded(assemble("lost", *records("whyspan__lost_constraint")))
    taped = make_tape(recording)
    prove(taped, recording, [])
    monkeypatch.syspath_prepend(FOLDERS["whyspan__lost_constraint"].parent)
    monkeypatch.setattr("time.sleep", lambda _: None)
    agent = runpy.run_path(str(FOLDERS["whyspan__lost_constraint"] / "agent.py"))

    with replay(taped.document.plain()) as run:
        agent["main"]()

    assert run.verdict == "broken", str(run)
    assert 'book_offer(offer="f-22", seat="14C")' in str(run).splitlines()[0]


@whyspan.tool(effect="pure-read")
def secret(of: str) -> dict[str, str]:
    """Something with a password in it."""
    return {"password": "hunter2hunter2", "mail": "ada@example.org", "of": of}


@whyspan.tool(effect="irreversible")
def send(text: str) -> str:
    """Sends."""
    return f"sent {text}"


@whyspan.tool
def delegate() -> str:
    """Another agent, called as a tool."""
    secret("inner")
    return send("hello")


def leaky(inner: Callable[[], object]) -> Run:
    """A failed run that reads a secret, then does this."""

    @whyspan.agent("leaky")
    def agent(task: str) -> None:
        secret("outer")
        inner()
        whyspan.outcome(ok=False, check="nothing is sent")

    return of_agent(lambda: agent("Send it to bo@example.org."))


def test_a_tape_is_masked_and_holds_no_more_than_it_needs() -> None:
    """Secrets and addresses are masked; what comes after the decisive step, or within a replaced call, is not on it."""
    recording = recorded(leaky(lambda: (secret("\ud800 of json"), send("a"), send("b"))), NO_SECRETS)
    taped = make_tape(recording)
    prove(taped, recording, [])
    text = taped.document.written()
    assert "hunter2" not in text
    assert "example.org" not in text
    assert [(call.name, call.returned) for call in taped.document.calls] == [
        ("secret", True),
        ("secret", True),
        ("send", False),
    ]

    inside = make_tape(recorded(leaky(delegate), NO_SECRETS)).document
    assert [(call.name, call.through) for call in inside.calls] == [
        ("secret", False),
        ("delegate", True),
        ("secret", False),
        ("send", False),
    ]
    with replay(inside.plain()) as run:
        delegate()
    assert run.verdict == "broken"


@pytest.mark.parametrize(
    ("a", "kind", "why"),
    [
        ('e.name == "nothing"', "absence", "does not break the rule"),
        ('e.name == "nothing"', "existence", "by the end of the run only"),
        ('e.kind == "result" && e.name == "send"', "absence", "whatever the agent does"),
        ('e.name == "send" && e.args.text == "ada@example.org"', "absence", "names a secret"),
    ],
)
def test_what_cannot_be_exported_says_why(a: str, kind: str, why: str) -> None:
    """No tape is made where the rule would not judge the decisive step, or would carry a secret into the repository."""
    run = leaky(lambda: (send("ada@example.org" if "ada" in a else "a"), send("b")))
    with pytest.raises(NotExportable, match=why):
        make_tape(recorded(run, Rule("a-rule", kind, a, scope=Scope(on=("call", "result")))))


def test_a_run_without_content_is_not_exported() -> None:
    """Where results were not captured there is nothing to answer with."""
    run = leaky(lambda: send("a"))
    for span in run.spans:
        span.attributes.pop("gen_ai.tool.call.result", None)
    with pytest.raises(NotExportable, match="what secret returned in step 1 was not recorded"):
        make_tape(recorded(run, NO_SECRETS))


def test_a_failure_that_masking_hides_is_not_exported() -> None:
    """A rule that looks for what is masked on the tape could not fail, so the proof refuses it."""
    rule = Rule("no-address", "absence", 'e.args.text.contains("@")', scope=Scope(tool="send", on=("call",)))
    recording = recorded(leaky(lambda: send("to ada@example.org")), rule)
    with pytest.raises(NotExportable, match="would not fail on what was recorded"):
        prove(make_tape(recording), recording, [])


def _tape(text: str) -> TapeDocument:
    rule = {"id": "a-rule", "kind": "absence", "a": "true", "message": text}
    decisive = {"step": 1, "kind": "call", "name": text, "says": text}
    return TapeDocument.model_validate(
        {"run_id": text, "diagnosis": text, "agent": text, "ours": True, "given": text, "rule": rule, "decisive": decisive, "calls": [], "answers": []}
    )  # fmt: skip


@given(st.one_of(st.text(), st.sampled_from(['"""\nimport os\nos.abort()\n"""', "\\", "{name}", "\u202e", "a" * 900])))
def test_no_text_of_a_trace_becomes_code(text: str) -> None:
    """Whatever a trace says, the file is the same statements, and its name is letters, digits and underscores."""
    tape = _tape(text)
    written = source(tape, agent_name("shop.agents:support"), reads=False)
    written.encode("utf-8")

    def statements(text: str) -> list[str]:
        return [ast.dump(node) for node in ast.parse(text).body[1:] if not isinstance(node, ast.FunctionDef)]

    assert statements(written) == statements(source(_tape("plain"), agent_name("shop.agents:support"), reads=False))
    assert max(map(len, written.splitlines())) <= 900
    assert stem(tape).isidentifier()
    assert stem(tape).isascii()


@pytest.mark.parametrize("agent", [None, "shop.agents:support", "desk.agents:support"])
def test_the_file_is_as_ruff_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agent: str | None) -> None:
    """Nobody has to touch it before their own checks pass, whether the agent is in the project or installed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "agents.py").touch()
    path = tmp_path / "test_it.py"
    text = source(_tape('said "no" ' * 30), agent and agent_name(agent), reads=True)
    path.write_text(text, encoding="utf-8")
    for arguments in (["check"], ["format", "--check"]):
        ruff = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--isolated", path],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ruff.returncode == 0, ruff.stdout + text


@pytest.mark.parametrize("name", ["shop", "shop:", ":f", "shop:a.b", "shop;import os:f", "a-b:f", "import:f"])
def test_an_agent_is_named_as_it_is_imported(name: str) -> None:
    """What is no module and function is refused before it could become code."""
    with pytest.raises(ValueError, match="module:function"):
        agent_name(name)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schemas_in_the_docs_are_those_of_the_models(name: str) -> None:
    """`python -m whyspan_analysis.regression.document` was run after the last change of a model."""
    path = Path(__file__).parents[2] / "docs" / "schemas" / f"{name}.schema.json"
    assert path.read_text(encoding="utf-8") == schema(name)
