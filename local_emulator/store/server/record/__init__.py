"""A record of the requests to the store: what on AWS would be paid for, and when each was answered.

Nothing is kept until `POST /_requests`. From then on `GET /_requests` answers with the requests since the last one, as
JSON lines, and forgets them; `DELETE /_requests` ends it. A line is `{at, service, operation, status, key, update,
items, bytes, read, write}`: Unix seconds when it was answered, the partition and sort key (or what a query asks for; of
a batch, those of its first item) joined by "|", the expression of an update, items or messages in it, bytes of the
request's body, and DynamoDB's read and write units.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from local_emulator.http1 import Request, Response
from local_emulator.store.paths import REQUESTS
from local_emulator.store.server.backend import scope
from local_emulator.store.server.record.tables import hear, measuring

_ENTRIES = {"SendMessageBatch": "Entries", "DeleteMessageBatch": "Entries", "ReceiveMessage": "Messages"}
_PLACEHOLDER = re.compile(r":\w+")

Answer = Callable[[Request], Awaitable[Response]]


class Record:
    """Wraps the answering of requests."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        hear()
        self._lines: list[dict[str, Any]] | None = None

    async def __call__(self, request: Request) -> Response:
        """Answers, and remembers it while that is asked for."""
        if request.path == REQUESTS:
            return self._control(request)
        if self._lines is None:
            return await self._answer(request)
        service = scope(request)[1]
        operation, arguments = _parse(request)
        if service != "dynamodb":
            response = await self._answer(request)
            self._note(
                request, response, service, operation, {"items": _messages(operation, arguments, response)}
            )
            return response
        with measuring(operation, arguments) as measured:
            response = await self._answer(request)
            measured.answered(response.status, response.body)
        self._note(
            request,
            response,
            service,
            operation,
            {
                "key": _key(arguments, measured.first),
                **({"update": arguments["UpdateExpression"]} if "UpdateExpression" in arguments else {}),
                "items": measured.items,
                "read": measured.read,
                "write": measured.write,
            },
        )
        return response

    def _control(self, request: Request) -> Response:
        lines, self._lines = self._lines or [], None if request.method == "DELETE" else []
        if request.method == "GET":
            body = "".join(json.dumps(line) + "\n" for line in lines)
            return Response(200, body.encode(), (("content-type", "application/x-ndjson"),))
        return Response.json({})

    def _note(
        self, request: Request, response: Response, service: str, operation: str, more: dict[str, Any]
    ) -> None:
        if self._lines is None:
            return
        self._lines.append(
            {
                "at": time.time(),
                "service": service,
                "operation": operation or request.method,
                "status": response.status,
                "bytes": len(request.body),
                **more,
            }
        )


def _parse(request: Request) -> tuple[str, dict[str, Any]]:
    """The operation and its arguments, in either of the protocols that name them; "" where none does."""
    target = request.header("x-amz-target")
    try:
        if target:
            arguments = json.loads(request.body or b"{}")
            return target.rpartition(".")[2], arguments if isinstance(arguments, dict) else {}
        form: dict[str, Any] = dict(parse_qsl(request.body.decode()))
    except ValueError:
        return "", {}
    return str(form.get("Action", "")), form


def _messages(operation: str, arguments: dict[str, Any], response: Response) -> int:
    """How many messages a request to SQS holds, or its answer."""
    name = _ENTRIES.get(operation)
    if name is None:
        return 1
    held: Any = arguments
    if operation == "ReceiveMessage":
        try:
            held = json.loads(response.body or b"{}")
        except ValueError:
            return response.body.count(b"<Message>")
    return len(held.get(name) or ()) if isinstance(held, dict) else 0


def _key(arguments: dict[str, Any], first: dict[str, Any]) -> str:
    """What a request is about: the key in its first item, or what a query asks for."""
    if "KeyConditionExpression" in arguments:
        values = arguments.get("ExpressionAttributeValues", {})
        names = _PLACEHOLDER.findall(str(arguments["KeyConditionExpression"]))
        parts = [values.get(name, {}) for name in names]
    else:
        parts = list(first.values())
    return "|".join(str(next(iter(part.values()))) for part in parts if isinstance(part, dict) and part)
