"""The same questions over MCP, asked by a real client over standard input and output, and over HTTP as OpenAPI describes them."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from starlette.applications import Starlette
from starlette.testclient import TestClient

from whyspan_analysis.output.diagnosis import DiagnosisDocument
from whyspan_collector.service import open_store
from whyspan_ui import http_api

TOOLS = {"runs", "why", "compare", "incidents", "incident", "search", "span"}


@asynccontextmanager
async def connected(data: Path) -> AsyncIterator[Client]:
    """A client of `whyspan mcp` in a process of its own."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "whyspan_ui.cli", "mcp", "--data", str(data)], env={"PATH": ""}
    )
    async with Client(stdio_client(server)) as client:
        yield client


async def asked(client: Client, tool: str, **arguments: Any) -> Any:
    """The answer of a tool, as the JSON it gives."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    (content,) = result.content
    return json.loads(content.text)  # type: ignore[union-attr]


def test_a_coding_agent_finds_the_bug_over_mcp(sample_data: Path) -> None:
    """From the list of failures to the incident, the run, why it failed, and what stands in the span the chain cites."""

    async def ask() -> None:
        async with connected(sample_data) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == TOOLS
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)

            failed = await asked(client, "runs", filter="status:failed")
            assert failed["schema"] == "whyspan.runs/1"
            incidents = (await asked(client, "incidents"))["incidents"]
            assert sum(incident["runs"] for incident in incidents) == len(failed["runs"])
            unknown_tool = next(each for each in incidents if each["parts"]["detector"] == "unknown_tool")
            assert (await asked(client, "incident", incident=unknown_tool["id"][:8]))["title"] == unknown_tool["title"]

            run = unknown_tool["examples"][0]["run_id"]
            why = await asked(client, "why", run=run[:12])
            assert "get_customer_tier" in why["verdict"]
            assert why["left_out"]["decisions"] > 0
            cited = next(ref for told in why["chain"] for ref in told["refs"] if ref["quote"])
            span = await asked(client, "span", run=run, span_id=cited["span_id"])
            assert span["fields"]

            hits = (await asked(client, "search", words="get_customer_tier"))["hits"]
            assert run in {hit["run_id"] for hit in hits}
            wrong = await client.call_tool("why", {"run": "ffff"})
            assert wrong.is_error
            assert "means no run" in wrong.content[0].text  # type: ignore[union-attr]

    anyio.run(ask)


@pytest.fixture
def http(sample_data: Path) -> TestClient:
    """The API over the sample runs."""
    route = http_api.route(lambda: closing(open_store(sample_data)))
    return TestClient(Starlette(routes=[route]), base_url="http://127.0.0.1/api/v1")


def test_openapi_describes_what_is_answered(http: TestClient) -> None:
    """Every path, its parameters and its answer are described, and references lead somewhere."""
    described = http.get("/openapi.json").json()

    assert described["openapi"] == "3.1.0"
    assert {each["get"]["operationId"] for each in described["paths"].values()} == TOOLS
    for path, each in described["paths"].items():
        inside = {parameter["name"] for parameter in each["get"]["parameters"] if parameter["in"] == "path"}
        assert all(f"{{{name}}}" in path for name in inside)
        reference = each["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert reference.removeprefix("#/components/schemas/") in described["components"]["schemas"]


def test_the_answers_are_those_of_the_commands(http: TestClient) -> None:
    """A run by the beginning of its id, whole as `whyspan why` prints it; filters and bounds as in the lists."""
    runs = http.get("/runs", params={"filter": "status:failed", "limit": "3"}).json()["runs"]
    assert len(runs) == 3
    why = http.get(f"/runs/{runs[0]['run_id'][:12]}/why", params={"whole": "true"}).json()
    assert why.keys() == {field.serialization_alias or name for name, field in DiagnosisDocument.model_fields.items()}
    assert why["outcome"]["status"] == "failed"
    assert http.get("/incidents", params={"limit": 2}).json()["schema"] == "whyspan.incidents/1"


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/runs?limit=0", 422, "limit"),
        ("/runs?filter=nonsense:", 422, "nonsense"),
        ("/runs?since=yesterday", 422, "yesterday"),
        ("/runs?colour=red", 422, "colour"),
        ("/runs/ffff/why", 404, "means no run"),
        ("/incidents/zzz", 404, "zzz"),
    ],
)
def test_wrong_questions_are_answered_with_the_reason(http: TestClient, path: str, status: int, reason: str) -> None:
    """A status, and words for whoever asked."""
    answer = http.get(path)
    assert answer.status_code == status
    assert reason in answer.json()["error"]


def test_nothing_can_be_changed(http: TestClient) -> None:
    """There is no other method."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert http.request(method, "/incidents").status_code == 405
