"""The HTTP half as an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tools.contracts import schemas
from tools.contracts.operations import JSON, OPERATIONS, PROBLEM, Answer, Model, Operation, Parameter
from tools.contracts.routes import Route, routes

Document = dict[str, Any]


class ContractError(Exception):
    """What is documented and what is there are not the same; the text says where."""


class GatewayMessage(Struct):
    """What API Gateway itself answers."""

    message: str


_GATEWAY = {
    413: "The body is larger than 10 MB, or than 6 MB on its way to the function",
    414: "The URL is too long",
    429: "Too many requests at once: the stage's throttle, or the function's concurrency",
    431: "The headers are too large",
    500: "The function failed",
    503: "The function did not answer in time",
}
"""Statuses that API Gateway answers with, whatever the route; `{"message"}` says which it was."""
_INTERNAL = "Our fault; the request can be made again"
_FOLLOWING = ("getJob", "getResults", "cancelJob")
"""What can be asked of a job that was started."""

_DESCRIPTION = """\
Long jobs over books: start one, watch it over the WebSocket API (asyncapi.yaml) or poll it here, read its results.

Errors are problem details (RFC 9457) with a stable `type`. What API Gateway itself answers, a path or method that
does not exist among it (404 `{"message": "Not Found"}`), is `application/json` with a `message`. Ignore fields that
you do not know. There is no authorizer: whoever knows a job's id, a random UUID, may see and cancel it.
"""


def document(version: str) -> Document:
    """The document.

    Raises:
        ContractError: a route of the template is not documented, or one is that it does not have.
    """
    served = routes()
    if differing := set(served) ^ set(OPERATIONS):
        raise ContractError(
            "not both in template.yaml and in tools/contracts/operations.py: "
            + ", ".join(f"{method} {path}" for method, path in sorted(differing))
        )
    paths: dict[str, Document] = {}
    for route in served:
        method, path = route
        paths.setdefault(path, {})[method.lower()] = _operation(OPERATIONS[route], served)
    return {
        "openapi": "3.1.0",
        "info": {"title": "BooksTrack Progress", "version": version, "description": _DESCRIPTION},
        "servers": _SERVERS,
        "paths": paths,
        "components": {"schemas": schemas.components(_models())},
    }


_SERVERS = [
    {"url": "http://localhost:3000", "description": "The emulator (`make emulator`)."},
    {
        "url": "https://{apiId}.execute-api.{region}.amazonaws.com",
        "description": "A deployment; its outputs name the URL.",
        "variables": {"apiId": {"default": "a1b2c3d4e5"}, "region": {"default": "us-east-1"}},
    },
]


def _models() -> list[type]:
    found: list[Model] = [GatewayMessage]
    for operation in OPERATIONS.values():
        found += operation.body.values()
        found += [
            model
            for answer in operation.answers.values()
            for each in answer.content.values()
            for model in each
        ]
        found += [model for status in operation.problems for model in operation.problem_models(status)]
    return [model for model in found if model is not None]


def _operation(operation: Operation, served: Sequence[Route]) -> Document:
    made: Document = {"operationId": operation.name, "summary": operation.summary}
    if operation.parameters:
        made["parameters"] = [_parameter(each) for each in operation.parameters]
    if operation.body:
        made["requestBody"] = {
            "required": True,
            "content": {kind: _media((model,)) for kind, model in operation.body.items()},
        }
    if operation.either:
        made["requestBody"]["content"][JSON]["schema"]["oneOf"] = [
            {"required": [name]} for name in operation.either
        ]
    answers = {status: _answer(answer) for status, answer in operation.answers.items()}
    refusals = {status: _refusal(operation, status) for status in {*operation.problems, *_GATEWAY}}
    made["responses"] = {str(status): each for status, each in sorted((answers | refusals).items())}
    return made


def _parameter(parameter: Parameter) -> Document:
    made = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "schema": msgspec.json.schema(parameter.type),
    }
    return {**made, "required": True} if parameter.required else made


def _answer(answer: Answer) -> Document:
    made: Document = {"description": answer.description}
    if answer.headers:
        made["headers"] = {name.strip("[]"): _header(name, text) for name, text in answer.headers.items()}
    if answer.content:
        made["content"] = {kind: _media(models) for kind, models in answer.content.items()}
    if answer.starts_job:
        made["links"] = {
            name: {"operationId": name, "parameters": {"jobId": "$response.body#/jobId"}}
            for name in _FOLLOWING
        }
    return made


def _header(name: str, text: str) -> Document:
    made: Document = {"description": text, "schema": {"type": "string"}}
    return made if name.startswith("[") else {**made, "required": True}


def _refusal(operation: Operation, status: int) -> Document:
    content: Mapping[str, Document] = {}
    texts = []
    if status in operation.problems or status == 500:
        models = operation.problem_models(status)
        content = {PROBLEM: _media(models)}
        texts.append(operation.problems.get(status, _INTERNAL).rstrip("."))
    if status in _GATEWAY:
        content = {**content, JSON: _media((GatewayMessage,))}
        texts.append(f"{_GATEWAY[status]} (API Gateway)")
    return {"description": ". ".join(texts) + ".", "content": content}


def _media(models: Sequence[Model]) -> Document:
    """A media type; bytes and text have no schema."""
    known = [schemas.reference(model) for model in models if model is not None]
    if not known:
        return {}
    return {"schema": known[0] if len(known) == 1 else {"anyOf": known}}


def matches(template: str, path: str) -> bool:
    """Whether a path is one of a route's, such as `/api/jobs/{jobId}`."""
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(pattern, path) is not None
