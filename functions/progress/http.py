"""The HTTP half: Powertools' router, with problem+json for whatever goes wrong."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from progress.jobid import parse_job_id
from progress.log import logger
from progress.problems import ProblemError, ProblemType

Body = TypeVar("Body")


def resolver() -> APIGatewayHttpResolver:
    """A router for HTTP API events (payload 2.0)."""
    app = APIGatewayHttpResolver()

    @app.exception_handler(ProblemError)
    def on_problem(error: ProblemError) -> Response[Any]:
        return _problem(error)

    @app.exception_handler(Exception)
    def on_error(_: Exception) -> Response[Any]:
        logger.exception("Request failed")
        return _problem(
            ProblemError(ProblemType.INTERNAL, "The request was not carried out; it can be made again.")
        )

    @app.not_found
    def on_unknown_route(_: NotFoundError) -> Response[Any]:
        return _problem(ProblemError(ProblemType.NOT_FOUND, "There is nothing at this path."))

    return app


def answer(
    body: msgspec.Struct | None,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """A JSON answer, or one without a body."""
    # Empty, not None: Powertools would write that as `null`.
    text = "" if body is None else _json(body)
    return Response(status.value, "application/json", text, dict(headers or {}))


def text_answer(text: str, content_type: str, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """An answer that is not JSON."""
    return Response(HTTPStatus.OK.value, content_type, text, dict(headers or {}))


def body_of(app: APIGatewayHttpResolver) -> bytes:
    """The request's body as bytes, decoded where API Gateway sent it as base64.

    Raises:
        ProblemError: there is none, or it is not what it says it is.
    """
    event = app.current_event
    text = event.body
    if not text:
        raise ProblemError(ProblemType.MALFORMED, "The request has no body.")
    try:
        return base64.b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
    except ValueError as error:
        raise ProblemError(ProblemType.MALFORMED, "The body is not what its encoding says.") from error


def parsed(app: APIGatewayHttpResolver, kind: type[Body]) -> Body:
    """The request's body, as JSON of that form.

    Raises:
        ProblemError: there is none, it is not JSON, or not of that form.
    """
    try:
        return msgspec.json.decode(body_of(app), type=kind)
    except msgspec.ValidationError as error:
        raise ProblemError(ProblemType.INVALID, f"{error}.") from error
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ProblemError(ProblemType.MALFORMED, f"The body is not JSON: {error}.") from error


def job_id_from(text: str) -> str:
    """A job id from a path, a query or a body.

    Raises:
        ProblemError: it is not a UUID.
    """
    try:
        return parse_job_id(text)
    except ValueError as error:
        raise ProblemError(ProblemType.MALFORMED, f"jobId {error}.") from error


def _problem(problem: ProblemError) -> Response[Any]:
    return Response(problem.type.status, "application/problem+json", _json(problem.details()))


def _json(body: msgspec.Struct) -> str:
    # Text: Powertools would send bytes as base64.
    return msgspec.json.encode(body).decode()
