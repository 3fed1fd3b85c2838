"""Lambda's Invoke API, for functions that call functions through an SDK (case H8)."""

from __future__ import annotations

import base64
import json
from urllib.parse import unquote

from local_emulator.functions.answers import MAX_PAYLOAD_BYTES
from local_emulator.functions.asynchronous import AsynchronousInvoker
from local_emulator.functions.pool import Pool
from local_emulator.http1 import Request, Response
from local_emulator.invocation import TooManyRequestsError
from local_emulator.model import Function


class InvokeApi:
    """Answers `POST /2015-03-31/functions/{name}/invocations`."""

    def __init__(self, pool: Pool, asynchronous: AsynchronousInvoker) -> None:
        self._pool = pool
        self._asynchronous = asynchronous

    async def __call__(self, request: Request) -> Response:
        """One request to Lambda; what is not an invocation is refused."""
        match [request.method, *request.path.split("/")]:
            case ["POST", "", "2015-03-31", "functions", name, "invocations"]:
                return await self._invoke(unquote(name), request)
        return _error(
            404, "UnknownOperationException", "The emulator's Lambda can be invoked and nothing else"
        )

    async def _invoke(self, name: str, request: Request) -> Response:
        function = self._pool.function(name)
        if function is None:
            return _error(404, "ResourceNotFoundException", f"Function not found: {name}")
        payload = request.body or b"{}"
        if len(payload) > MAX_PAYLOAD_BYTES:
            return _error(413, "RequestTooLargeException", f"The payload exceeds {MAX_PAYLOAD_BYTES} bytes")
        try:
            json.loads(payload)
        except ValueError as error:
            return _error(
                400, "InvalidRequestContentException", f"Could not parse request body into json: {error}"
            )
        kind = request.header("x-amz-invocation-type", "RequestResponse")
        match kind:
            case "DryRun":
                return Response(204)
            case "Event":
                return self._later(function, payload)
            case "RequestResponse":
                try:
                    context = _client_context(request)
                except ValueError as error:
                    return _error(400, "InvalidRequestContentException", f"The client context: {error}")
                return await self._now(function.logical_id, payload, context)
        return _error(400, "InvalidParameterValueException", f"There is no invocation type {kind}")

    async def _now(self, logical_id: str, payload: bytes, client_context: str) -> Response:
        try:
            outcome = await self._pool.invoke_raw(logical_id, payload, client_context=client_context)
        except TooManyRequestsError as error:
            return _error(429, "TooManyRequestsException", str(error))
        headers = [
            ("content-type", "application/json"),
            ("x-amzn-requestid", outcome.request_id),
            ("x-amz-executed-version", "$LATEST"),
        ]
        if outcome.error is not None:
            headers.append(("x-amz-function-error", "Unhandled"))
        return Response(200, outcome.payload, headers)

    def _later(self, function: Function, payload: bytes) -> Response:
        request_id = self._asynchronous.submit(function, payload)
        return Response(202, headers=[("x-amzn-requestid", request_id)])


def _client_context(request: Request) -> str:
    """JSON on one line, for a header; it comes as base64. Raises ValueError where it is neither."""
    given = request.header("x-amz-client-context")
    return json.dumps(json.loads(base64.b64decode(given, validate=True))) if given else ""


def _error(status: int, error_type: str, message: str) -> Response:
    return Response.json({"Type": "User", "Message": message}, status, [("x-amzn-errortype", error_type)])
