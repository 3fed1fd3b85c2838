"""The gateway: which API a request is for, and the port that they share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from local_emulator.certificates import Certificate
from local_emulator.faults import Faults
from local_emulator.gateway.connections import Connection
from local_emulator.gateway.http_api import HttpApiServer
from local_emulator.gateway.port import Port
from local_emulator.gateway.websocket_api import WebSocketApiServer
from local_emulator.http1 import Request, Response, Upgrade
from local_emulator.invocation import Invoker
from local_emulator.model import Application, WebSocketApi
from local_emulator.observer import NOBODY, Observer

logger = logging.getLogger("local_emulator.gateway")

_MAX_URL = 4096
"""API Gateway's quota for a URL (case A23)."""
_CONNECTIONS = "@connections"


class Gateway:
    """API Gateway for one application, on one port.

    A path is, in this order: an extra path of the application; `/{stage}` of a WebSocket API (and under it
    `/@connections/{id}`); `/{stage}` of an HTTP API with a named stage; else the HTTP API whose stage is `$default`. A
    host name that begins with an API's id and `.execute-api.` narrows the choice to that API.
    """

    def __init__(
        self,
        application: Application,
        invoker: Invoker,
        *,
        host: str = "localhost",
        port: int = 3000,
        certificate: Certificate | None,
        idle_timeout: float = 600.0,
        max_duration: float = 7200.0,
        faults: Faults | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        """`idle_timeout` and `max_duration` are in seconds; the defaults are API Gateway's quotas."""
        self._faults = faults or Faults()
        self._observer = observer
        self._application = application
        self._invoker = invoker
        self._host = host
        self._idle_timeout = idle_timeout
        self._max_duration = max_duration
        self._websocket_apis: list[WebSocketApiServer] = []
        self._http_apis: list[HttpApiServer] = []
        self._own_paths: dict[str, Callable[[Request], Awaitable[Response]]] = {}
        self._own_upgrades: dict[str, Upgrade] = {}
        tls = certificate.context if certificate else None
        self._port = Port(self._answer, self._upgrade, host=host, port=port, tls=tls)

    @property
    def port(self) -> int:
        """The port, once started."""
        return self._port.port

    @property
    def url(self) -> str:
        """Such as `http://localhost:3000`."""
        return f"http://{self._domain_name}"

    @property
    def _domain_name(self) -> str:
        # Functions post to https://{domainName}/{stage}: it must lead back here, port and all.
        return f"{self._host}:{self.port}"

    async def start(self) -> None:
        """Starts to serve.

        Raises:
            OSError: the port cannot be had.
        """
        await self._port.start()
        await self.update(self._application)

    async def update(self, application: Application) -> None:
        """Serves this application from now on: connections to APIs that are still there stay open."""
        self._application = application
        before = {server.api.logical_id: server for server in self._websocket_apis}
        self._websocket_apis = []
        for api in application.websocket_apis:
            there = before.pop(api.logical_id) if api.logical_id in before else self._websocket_server(api)
            there.update(api)
            self._websocket_apis.append(there)
        self._http_apis = [
            HttpApiServer(api, self._invoker, domain_name=self._domain_name, faults=self._faults)
            for api in application.http_apis
        ]
        await asyncio.gather(*(server.stop() for server in before.values()))

    def _websocket_server(self, api: WebSocketApi) -> WebSocketApiServer:
        return WebSocketApiServer(
            api,
            self._invoker,
            domain_name=self._domain_name,
            idle_timeout=self._idle_timeout,
            max_duration=self._max_duration,
            faults=self._faults,
            observer=self._observer,
        )

    def serve_at(
        self,
        segment: str,
        answer: Callable[[Request], Awaitable[Response]],
        upgrade: Upgrade | None = None,
    ) -> None:
        """Gives `/{segment}` and all below it, such as `_faults`, to a service of the emulator's own."""
        self._own_paths[segment] = answer
        if upgrade is not None:
            self._own_upgrades[segment] = upgrade

    def connections(self) -> list[Connection]:
        """Every open WebSocket connection."""
        return [connection for api in self._websocket_apis for connection in api.registry]

    async def stop(self) -> None:
        """Closes the connections (1001), lets $disconnect run for a second, and stops listening."""
        await asyncio.gather(*(api.stop() for api in self._websocket_apis))
        await self._port.stop()

    async def _answer(self, request: Request) -> Response:
        if len(request.target) > _MAX_URL:
            return Response.json({"message": "Request-URI Too Long"}, 414)
        own = self._own_paths.get(_first_segment(request))
        if own is not None:
            return await own(request)
        websocket_api = self._websocket_api(request)
        if websocket_api is not None:
            return await self._answer_websocket_path(websocket_api, request)
        http_api = self._http_api(request)
        if http_api is not None:
            return await http_api(request)
        # Nothing is served at this path (cases A12, A13).
        return Response.json({"message": "Forbidden"}, 403)

    async def _answer_websocket_path(self, api: WebSocketApiServer, request: Request) -> Response:
        segments = request.decoded_path.strip("/").split("/")
        if len(segments) >= 2 and segments[1] == _CONNECTIONS:
            encoded = request.path.strip("/").split("/", 2)[2:]
            return await api.manage(request, encoded[0] if encoded else "")
        if len(segments) > 1 and request.decoded_path not in self._application.paths:
            return Response.json({"message": "Forbidden"}, 403)
        # The path is right and the client is no WebSocket client (case A14).
        return Response.json({"message": "Upgrade Required"}, 426, (("upgrade", "websocket"),))

    def _upgrade(self, request: Request, transport: asyncio.Transport, rest: bytes) -> None:
        own = self._own_upgrades.get(_first_segment(request))
        if own is not None:
            own(request, transport, rest)
            return
        api = self._websocket_api(request)
        too_long = len(request.target) > _MAX_URL
        path = request.decoded_path
        whole = path in self._application.paths or len(path.strip("/").split("/")) == 1
        if api is None or too_long or not whole:
            _refuse_upgrade(transport, *((414, "URI Too Long") if too_long else (403, "Forbidden")))
            return
        api.upgrade(request, transport, rest)

    def _websocket_api(self, request: Request) -> WebSocketApiServer | None:
        path = request.decoded_path
        named = self._application.paths.get(path)
        stage = path.strip("/").partition("/")[0]
        for api in self._websocket_apis:
            if named is not None:
                if api.api.logical_id == named:
                    return api
            elif api.api.stage.name == stage and _for_api(request, api.api.api_id):
                return api
        return None

    def _http_api(self, request: Request) -> HttpApiServer | None:
        named = self._application.paths.get(request.decoded_path)
        stage = request.decoded_path.strip("/").partition("/")[0]
        candidates = [api for api in self._http_apis if _for_api(request, api.api.api_id)]
        for wanted in (stage, "$default"):
            for api in candidates:
                if api.api.logical_id == named or api.api.stage.name == wanted:
                    return api
        return None


def _first_segment(request: Request) -> str:
    return request.path.strip("/").partition("/")[0]


def _for_api(request: Request, api_id: str) -> bool:
    label, dot, rest = request.header("host").partition(".")
    return not (dot and rest.startswith("execute-api.")) or label == api_id


def _refuse_upgrade(transport: asyncio.Transport, status: int, phrase: str) -> None:
    body = f'{{"message":"{phrase}"}}'
    lines = (
        f"HTTP/1.1 {status} {phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    )
    transport.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    transport.close()
