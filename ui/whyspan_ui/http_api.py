"""The read-only HTTP API of the dashboard: the same questions as over MCP, under `/api/v1`, described by OpenAPI."""

import inspect
from importlib import metadata
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.json_schema import models_json_schema
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from whyspan_analysis.questions import Opened, Question, questions
from whyspan_collector.errors import QueryError, StoreError
from whyspan_collector.filter import WrongValue
from whyspan_collector.journal import JournalUnavailable

_STATUS: Final[dict[type[Exception], int]] = {
    ValidationError: 422,
    WrongValue: 422,
    QueryError: 422,
    LookupError: 404,
    StoreError: 503,
    JournalUnavailable: 503,
}
_SCHEMAS: Final = "#/components/schemas/"


def route(opened: Opened) -> BaseRoute:
    """`/api/v1` with all questions and `openapi.json`; `opened` opens the store."""
    asked = questions(opened)
    document = openapi(asked)

    async def described(_: Request) -> Response:
        return JSONResponse(document)

    return Mount("/api/v1", routes=[Route("/openapi.json", described), *(_route(each) for each in asked)])


def _route(question: Question) -> Route:
    parameters = _parameters(question)

    async def endpoint(request: Request) -> Response:
        try:
            given = parameters.model_validate({**request.query_params, **request.path_params})
            return JSONResponse(await run_in_threadpool(question.ask, **given.model_dump()))
        except tuple(_STATUS) as error:
            status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
            return JSONResponse({"error": _reason(error)}, status)

    return Route(question.path, endpoint, methods=["GET"])


def _parameters(question: Question) -> type[BaseModel]:
    """What a question takes, as its signature says; nothing else is taken."""
    fields: dict[str, Any] = {
        name: (parameter.annotation, ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(question.ask).parameters.items()
    }
    return create_model(_name(question), __config__=ConfigDict(extra="forbid"), **fields)


def _name(question: Question) -> str:
    return str(getattr(question.ask, "__name__", question.path))


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return str(error.args[0] if error.args else error)


def openapi(asked: list[Question]) -> dict[str, Any]:
    """The description of the API, OpenAPI 3.1."""
    answers = {each.answer: each for each in asked}
    references, shared = models_json_schema(
        [(model, "serialization") for model in answers], by_alias=True, ref_template=_SCHEMAS + "{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Whyspan",
            "version": metadata.version("whyspan"),
            "description": "Why runs of AI agents failed, read-only. Text from traces is data, never markup.",
        },
        "paths": {each.path: {"get": _operation(each, references[each.answer, "serialization"])} for each in asked},
        "components": {"schemas": shared["$defs"]},
    }


def _operation(question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    schema = _parameters(question).model_json_schema()
    needed = schema.get("required", [])
    parameters = [
        {
            "name": name,
            "in": "path" if f"{{{name}}}" in question.path else "query",
            "required": name in needed,
            "description": described.get("description", ""),
            "schema": {key: value for key, value in described.items() if key not in ("description", "title")},
        }
        for name, described in schema["properties"].items()
    ]
    described = {"description": "The answer.", "content": {"application/json": {"schema": answer}}}
    refused = {"description": "What was wrong, as `error`."}
    return {
        "operationId": _name(question),
        "summary": inspect.getdoc(question.ask),
        "parameters": parameters,
        "responses": {"200": described, "404": refused, "422": refused, "503": refused},
    }
