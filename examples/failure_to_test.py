"""From a failed run to a pytest: red on the agent that failed, green on the one that was fixed. Needs neither a collector nor a key.

The agent makes up an order number and refunds it. `whyspan test export` writes the test, having checked that it means something.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import whyspan
from whyspan.testing import capture
from whyspan_ui.cli import main as command

TASK = "Refund the latest order of customer c-2041."


@whyspan.tool(effect="pure-read")
def find_order(customer: str) -> dict[str, str]:
    """The latest order of a customer."""
    return {"customer": customer, "order": "o-90317"}


@whyspan.tool(effect="irreversible")
def refund(order: str) -> str:
    """Pays money back."""
    print(f"paid for {order}")
    return f"refunded {order}"


def model(heard: list[dict[str, object]], says: str, tool: str, arguments: dict[str, str]) -> None:
    """Stands in for a model: says this, and calls this tool."""
    with whyspan.model_call("stand-in", messages=heard, tools=[{"name": "find_order"}, {"name": "refund"}]) as call:
        asked = {"id": f"call-{tool}", "function": {"name": tool, "arguments": arguments}}
        call.respond({"role": "assistant", "content": says, "tool_calls": [asked]}, finish_reason="tool_call")


@whyspan.agent("support")
def support(task: str) -> str:
    """Refunds an order that it made up."""
    model([{"role": "user", "content": task}], "It will be o-12345.", "refund", {"order": "o-12345"})
    answer = refund("o-12345")
    whyspan.outcome(ok=False, check="the customer's own order was refunded", detail="o-12345 is nobody's")
    return answer


@whyspan.agent("support")
def fixed(task: str) -> str:
    """The same agent, after somebody has looked at the failure."""
    heard: list[dict[str, object]] = [{"role": "user", "content": task}]
    model(heard, "I look the order up.", "find_order", {"customer": "c-2041"})
    found = find_order("c-2041")
    heard.append({"role": "tool", "tool_call_id": "call-find_order", "content": str(found)})
    model(heard, "Found.", "refund", found)
    return refund(found["order"])


def main() -> None:
    """The run, the test that comes of it, and both agents under the test."""
    os.chdir(Path(__file__).parent)  # where the test imports this program from
    with TemporaryDirectory() as folder, capture() as captured:
        support(TASK)
        trace = Path(folder, "run.pb")
        trace.write_bytes(encode_spans(captured.spans).SerializeToString())
        command(["import", str(trace), "--data", folder])
        run_id = f"{captured.spans[0].context.trace_id:032x}"
        for agent in ("support", "fixed"):
            to, function = str(Path(folder, agent)), f"failure_to_test:{agent}"
            command(["test", "export", run_id, "--agent", function, "--reads", "--to", to, "--data", folder])
        [test] = Path(folder, "support").glob("*.py")
        print(test.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
