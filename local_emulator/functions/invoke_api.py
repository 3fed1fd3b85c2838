"""Lambda's Invoke API, for functions that call functions through an SDK (case H8)."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from urllib.parse import unquote

from local_emulator.functions.answers import MAX_PAYLOAD_BYTES
from local_emulator.functions.pool import Pool
from local_emulator.http1 import Request, Response
from local_emulator.invocation import TooManyRequestsError

logger = logging.getLogger(__name__)

_RETRY_SECONDS = (1.0, 2.0)
"""AWS waits one minute and then two before it tries an asynchronous invocation again; nobody at a laptop does."""
_THROTTLED_SECONDS = 0.2


class InvokeApi:
    """Answers `POST /2015-03-31/functions/{name}/invocations`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._events: set[asyncio.Task[None]] = set()

    async def __call__(self, request: Request) -> Response:
        """One request to Lambda; what is not an invocation is refused."""
        match [request.method, *request.path.split("/")]:
            case ["POST", "", "2015-03-31", "functions", name, "invocations"]:
                return await self._invoke(unquote(name), request)
        return _error(
            404, "UnknownOperationException", "The emulator's Lambda can be invoked and nothing else"
        )

    async def stop(self) -> None:
        """Gives up asynchronous invocations that wait for another try."""
        for event in self._events:
            event.cancel()
        await asyncio.gather(*self._events, return_exceptions=True)

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
                return self._later(function.logical_id, payload)
            case "RequestResponse":
                return await self._now(function.logical_id, payload)
        return _error(400, "InvalidParameterValueException", f"There is no invocation type {kind}")

    async def _now(self, logical_id: str, payload: bytes) -> Response:
        try:
            outcome = await self._pool.invoke_raw(logical_id, payload)
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

    def _later(self, logical_id: str, payload: bytes) -> Response:
        request_id = str(uuid.uuid4())
        task = asyncio.create_task(self._deliver(logical_id, payload, request_id))
        self._events.add(task)
        task.add_done_callback(self._events.discard)
        return Response(202, headers=[("x-amzn-requestid", request_id)])

    async def _deliver(self, logical_id: str, payload: bytes, request_id: str) -> None:
        delays = iter(_RETRY_SECONDS)
        while True:
            try:
                outcome = await self._pool.invoke_raw(logical_id, payload, request_id=request_id)
            except TooManyRequestsError:
                await asyncio.sleep(_THROTTLED_SECONDS)
                continue
            if outcome.error is None:
                return
            delay = next(delays, None)
            if delay is None:
                logger.warning("%s failed three times; its event %s is dropped", logical_id, request_id)
                return
            await asyncio.sleep(delay)


def _error(status: int, error_type: str, message: str) -> Response:
    return Response.json({"Type": "User", "Message": message}, status, [("x-amzn-errortype", error_type)])
