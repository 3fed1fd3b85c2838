"""One WebSocket API: its connections from $connect to $disconnect, and what their messages run."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from local_emulator.faults import Faults
from local_emulator.gateway import ids
from local_emulator.gateway.access.authorizers import Authorizers
from local_emulator.gateway.integrations import IntegrationError, Integrations
from local_emulator.gateway.requests import Event
from local_emulator.gateway.throttle import Throttles
from local_emulator.gateway.validation import fits
from local_emulator.gateway.websocket import answers, authorization, events, routing
from local_emulator.gateway.websocket.connections import Connection, Registry
from local_emulator.gateway.websocket.events import ConnectionInfo
from local_emulator.gateway.websocket.integrations import call_of, outcome_of
from local_emulator.gateway.websocket.management import Management, refusal
from local_emulator.gateway.websocket.socket import WebSocket
from local_emulator.http1 import Answer, Request, Response
from local_emulator.invocation import Invoker, Outcome, TooManyRequestsError
from local_emulator.model import WebSocketApi, WebSocketRoute
from local_emulator.observer import NOBODY, Observer

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT = 64
"""Messages of one connection that may be on their way at once; a client that floods is read more slowly. AWS has no
such number: its messages run as far as the account's concurrency goes."""
_FAREWELL_SECONDS = 1.0


class WebSocketApiServer:
    """Serves an API of protocol type WEBSOCKET."""

    def __init__(
        self,
        api: WebSocketApi,
        invoker: Invoker,
        *,
        domain_name: str,
        idle_timeout: float,
        max_duration: float,
        faults: Faults | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        self.api = api
        self.observer = observer
        self.registry = Registry()
        self.faults = faults or Faults()
        self._management = Management(self.registry)
        self._invoker = invoker
        self._integrations = Integrations(invoker)
        self._authorizers = Authorizers(invoker)
        self._domain_name = domain_name
        self._idle_timeout = idle_timeout
        self._max_duration = max_duration
        self._throttles = Throttles(api.stage)
        self._tasks: set[asyncio.Task[None]] = set()

    def upgrade(self, request: Request, transport: asyncio.Transport, rest: bytes) -> None:
        """Takes over a connection that asks to become a WebSocket."""
        socket = WebSocket(request, rest)
        socket.attach(transport)
        self.spawn(self._open(request, socket))

    def update(self, api: WebSocketApi) -> None:
        """Serves what the template has become; connections stay open, throttles begin anew where they changed."""
        if api.stage != self.api.stage:
            self._throttles = Throttles(api.stage)
        self.api = api

    def manage(self, request: Request, encoded_id: str) -> Answer:
        """Answers an @connections request."""
        fault = self.faults.decide(
            "post",
            api=self.api.logical_id,
            connection_id=unquote(encoded_id),
            method=request.method,
        )
        if fault is None:
            return self._management(request, encoded_id)
        if fault.action == "delay":
            return self._manage_later(request, encoded_id, fault["seconds"])
        if fault["delivered"]:
            self._management(request, encoded_id)
        return refusal(fault["status"])

    async def _manage_later(self, request: Request, encoded_id: str, seconds: float) -> Response:
        await asyncio.sleep(seconds)
        return self._management(request, encoded_id)

    async def stop(self) -> None:
        """Closes every connection (1001) and gives $disconnect a second."""
        self.registry.for_each(lambda connection: connection.socket.close(1001, "Going away"))
        deadline = time.monotonic() + _FAREWELL_SECONDS
        while (len(self.registry) or self._tasks) and time.monotonic() < deadline:  # noqa: ASYNC110 briefly, once
            await asyncio.sleep(0.01)
        self.registry.for_each(lambda connection: connection.socket.abort())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._integrations.stop()

    async def _open(self, request: Request, socket: WebSocket) -> None:
        if not socket.valid:
            socket.refuse_invalid()
            return
        info = ConnectionInfo(
            connection_id=ids.connection_id(),
            api=self.api,
            domain_name=self._domain_name,
            connected_at=int(time.time() * 1000),
            source_ip=request.peer,
            user_agent=request.header("user-agent"),
        )
        if await self._suffer_on_connect(socket, info):
            return
        route = self.api.routes.get("$connect")
        answer = answers.ConnectAnswer(200)
        if route is not None and route.api_key_required and not self._has_key(request):
            self._refuse(socket, info, 403, "Forbidden")
            return
        if route is not None:
            verdict = await authorization.authorize(route, info, request, self._authorizers)
            if verdict.status != 200:
                self._refuse(socket, info, verdict.status, verdict.message)
                return
            if verdict.context:
                info = replace(info, authorizer=verdict.context)
            answer = await self._connect(route, info, request)
        if not answer.accepted:
            self._refuse(socket, info, answer.status, _REFUSALS.get(answer.status, "Forbidden"))
            return
        connection = Connection(
            info=info,
            socket=socket,
            idle_timeout=self._idle_timeout,
            faults=self.faults,
            observer=self.observer,
        )
        _ConnectionServer(self, connection).start(answer.subprotocol, self._max_duration)

    async def _suffer_on_connect(self, socket: WebSocket, info: ConnectionInfo) -> bool:
        """Whether a fault has ended the attempt to connect."""
        fault = self.faults.decide("connect", api=self.api.logical_id)
        match fault and fault.action:
            case "delay":
                await asyncio.sleep(fault["seconds"])  # type: ignore[index]
                return False
            case "drop":
                socket.abort()
            case "refuse":
                status = fault["status"]  # type: ignore[index]
                self._refuse(socket, info, status, _REFUSALS.get(status, "Internal server error"))
        return fault is not None

    async def _connect(
        self, route: WebSocketRoute, info: ConnectionInfo, request: Request
    ) -> answers.ConnectAnswer:
        if not self._throttles.admit("$connect"):
            return answers.ConnectAnswer(429)
        try:
            outcome = await self._invoke(route, events.connect(info, request))
        except TimeoutError:
            return answers.ConnectAnswer(504)
        except TooManyRequestsError:
            return answers.ConnectAnswer(500)
        except IntegrationError as error:
            return answers.ConnectAnswer(error.status)
        return answers.connect_answer(outcome)

    async def _invoke(self, route: WebSocketRoute, event: Event) -> Outcome:
        integration = route.integration
        if integration is None:
            return await self._invoker.invoke(route.function, event, timeout_seconds=route.timeout_seconds)
        try:
            answer = await self._integrations.run(
                integration, call_of(integration, event), timeout_seconds=route.timeout_seconds
            )
        except IntegrationError as error:
            logger.warning("%s: %s", route.route_key, error)
            raise
        return outcome_of(answer)

    def _has_key(self, request: Request) -> bool:
        """The client sends a key of one of the stage's usage plans (case B24)."""
        return request.header("x-api-key") in self.api.stage.api_keys

    def _refuse(self, socket: WebSocket, info: ConnectionInfo, status: int, message: str) -> None:
        body = json.dumps(
            {"message": message, "connectionId": info.connection_id, "requestId": ids.request_id()}
        )
        socket.refuse(status, body.encode(), (("Content-Type", "application/json"),))
        self.observer.refused(info, status)
        logger.info("✗ connection refused %d", status, extra={"kind": "refuse", "status": status})

    async def run(self, route: WebSocketRoute, event: Event) -> Outcome | None:
        """Runs a route's integration; None where it could not be run or took too long."""
        try:
            return await self._invoke(route, event)
        except (TimeoutError, TooManyRequestsError, IntegrationError):
            return None

    def admit(self, route_key: str) -> bool:
        """Whether the stage's throttle lets one more message of the route through."""
        return self._throttles.admit(route_key)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine beside everything else, until it is done or the API stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("the emulator failed while it served a connection", exc_info=error)


class _ConnectionServer:
    """Listens to one connection's socket and runs what its messages ask for."""

    __slots__ = ("_connection", "_in_flight", "_server")

    def __init__(self, server: WebSocketApiServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._in_flight = 0

    def start(self, subprotocol: str | None, max_duration: float) -> None:
        connection = self._connection
        connection.socket.accept(subprotocol)
        self._server.registry.add(connection)
        connection.start_timer(max_duration)
        self._server.observer.connected(connection.info)
        logger.info(
            "✓ %s connected",
            connection.info.connection_id,
            extra={"kind": "connect", **_identity(connection)},
        )
        connection.socket.listen(self)

    # socket.Listener

    def message_received(self, text: str) -> None:
        self._connection.touch()
        if self._is_lost(text):
            return
        self._in_flight += 1
        if self._in_flight >= MAX_IN_FLIGHT:
            self._connection.socket.pause_reading()
        self._server.spawn(self._message(text))

    def _is_lost(self, text: str) -> bool:
        faults, info = self._server.faults, self._connection.info
        if not faults.rules:
            return False
        route = routing.route_of(self._server.api, text)
        fault = faults.decide(
            "frame_in",
            api=info.api.logical_id,
            connection_id=info.connection_id,
            route_key=route.route_key if route else "",
        )
        return fault is not None and not self._connection.suffer(fault)

    def closed(self, code: int, reason: str) -> None:
        connection = self._connection
        connection.stop_timer()
        self._server.registry.remove(connection)
        self._server.observer.disconnected(connection.info, code, reason)
        logger.info(
            "✗ %s closed %d %s",
            connection.info.connection_id,
            code,
            reason,
            extra={"kind": "disconnect", "status": code, **_identity(connection)},
        )
        route = self._server.api.routes.get("$disconnect")
        if route is not None:
            # Best effort: what it answers, or whether it fails, is nobody's concern (case D7).
            self._server.spawn(self._run_disconnect(route, code, reason))

    async def _run_disconnect(self, route: WebSocketRoute, code: int, reason: str) -> None:
        await self._server.run(route, events.disconnect(self._connection.info, code, reason))

    async def _message(self, text: str) -> None:
        try:
            await self._route(text)
        finally:
            self._in_flight -= 1
            if self._in_flight == MAX_IN_FLIGHT - 1:
                self._connection.socket.resume_reading()

    async def _route(self, text: str) -> None:
        info = self._connection.info
        route = routing.route_of(self._server.api, text)
        key = route.route_key if route is not None else "no route"
        self._server.observer.frame(info, "in", text, key)
        self._connection.log_frame("←", f"{key} {text}", kind="frame_in", route_key=key)
        if route is None:
            self._complain("Forbidden", ids.request_id())
            return
        event = events.message(info, route.route_key, text)
        request_id = event["requestContext"]["requestId"]
        if not self._server.admit(route.route_key):
            self._complain("Too Many Requests", request_id)
            return
        model = routing.model_of(route, text)
        if model is not None and not fits(model, text):
            self._complain("Bad request body", request_id)
            return
        outcome = await self._server.run(route, event)
        if outcome is None or outcome.error is not None:
            self._complain("Internal server error", request_id)
        elif route.responds and (body := answers.route_response(outcome)):
            self._send(body)

    def _complain(self, message: str, request_id: str) -> None:
        self._send(answers.error_frame(message, self._connection.info.connection_id, request_id))

    def _send(self, payload: bytes) -> None:
        if self._connection.socket.open:
            self._connection.send(payload)


_REFUSALS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal server error",
    502: "Internal server error",
    504: "Endpoint request timed out",
}


def _identity(connection: Connection) -> dict[str, str]:
    return {"connection_id": connection.info.connection_id, "api": connection.info.api.logical_id}
