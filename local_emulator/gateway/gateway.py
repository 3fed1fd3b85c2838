"""The gateway: which API a request is for, and the port that they share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from local_emulator.address import Address
from local_emulator.certificates import Certificate
from local_emulator.faults import Faults
from local_emulator.gateway.port import Port
from local_emulator.gateway.web.http_api import HttpApiServer
from local_emulator.gateway.web.rest_api import RestApiServer
from local_emulator.gateway.websocket.api import WebSocketApiServer
from local_emulator.gateway.websocket.connections import Connection
from local_emulator.http1 import Answer, Request, Response, Upgrade
from local_emulator.invocation import Invoker
from local_emulator.model import Application, WebSocketApi
from local_emulator.observer import NOBODY, Observer

logger = logging.getLogger(__name__)

_MAX_URL = 4096
"""API Gateway's quota for a URL (case A23)."""
_CONNECTIONS = "@connections"

Server = TypeVar("Server", WebSocketApiServer, HttpApiServer | RestApiServer)


class Gateway:
    """API Gateway for one application, on one port.

    A path is, in this order: an extra path of the application; `/{stage}/@connections/{id}` of a WebSocket API; what
    begins with `/{stage}` of a REST API, or of an HTTP API with a named stage; `/{stage}` of a WebSocket API; else it
    is for the HTTP API whose stage is `$default`. An upgrade is for a WebSocket API. An API with a prefix has that in
    front of all its paths. A host name that begins with an API's id and `.execute-api.` narrows the choice to it.
    """

    def __init__(
        self,
        application: Application,
        invoker: Invoker,
        *,
        address: Address,
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
        self._address = address
        self._idle_timeout = idle_timeout
        self._max_duration = max_duration
        self._websocket_apis: list[WebSocketApiServer] = []
        self._http_apis: list[HttpApiServer | RestApiServer] = []
        self._own_paths: dict[str, Callable[[Request], Awaitable[Response]]] = {}
        self._own_upgrades: dict[str, Upgrade] = {}
        tls = certificate.context if certificate else None
        self._port = Port(self._answer, self._upgrade, address=address, tls=tls)

    @property
    def port(self) -> int:
        """The APIs' port."""
        return self._address.port

    @property
    def url(self) -> str:
        """Such as `http://localhost:3000`."""
        return f"http://{self._address}"

    @property
    def _domain_name(self) -> str:
        # Functions post to https://{domainName}/{stage}: it must lead back here, port and all.
        return str(self._address)

    async def start(self) -> None:
        """Starts to serve."""
        await self._port.start()
        await self.update(self._application)

    async def update(self, application: Application) -> None:
        """Serves this application from now on: connections to APIs that are still there stay open."""
        self._application = application
        sockets = {_key(server.api): server for server in self._websocket_apis}
        web = self._http_apis
        self._websocket_apis = []
        for api in application.websocket_apis:
            key = _key(api)
            server = sockets.pop(key) if key in sockets else self._websocket_server(api)
            server.update(api)
            self._websocket_apis.append(server)
        self._http_apis = [
            *(
                RestApiServer(
                    rest,
                    self._invoker,
                    domain_name=self._domain_name + rest.prefix,
                    faults=self._faults,
                    observer=self._observer,
                )
                for rest in application.rest_apis
            ),
            *(
                HttpApiServer(
                    http,
                    self._invoker,
                    domain_name=self._domain_name + http.prefix,
                    faults=self._faults,
                    observer=self._observer,
                )
                for http in application.http_apis
            ),
        ]
        await asyncio.gather(*(server.stop() for server in (*sockets.values(), *web)))

    def _websocket_server(self, api: WebSocketApi) -> WebSocketApiServer:
        return WebSocketApiServer(
            api,
            self._invoker,
            domain_name=self._domain_name + api.prefix,
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
        await asyncio.gather(*(api.stop() for api in self._http_apis))
        await self._port.stop()

    def _answer(self, request: Request) -> Answer:
        if len(request.target) > _MAX_URL:
            return Response.json({"message": "Request-URI Too Long"}, 414)
        own = self._own_paths.get(_first_segment(request))
        if own is not None:
            return own(request)
        socket = self._socket_place(request)
        if socket is not None and _is_management(socket.rest):
            return socket.api.manage(request, _connection_id(request, socket))
        http = self._http_place(request, named=True)
        if http is not None:
            return http.api(http.request)
        if socket is not None:
            return _answer_socket_path(socket.rest)
        http = self._http_place(request, named=False)
        if http is not None:
            return http.api(http.request)
        # Nothing is served at this path (cases A12, A13).
        return Response.json({"message": "Forbidden"}, 403)

    def _upgrade(self, request: Request, transport: asyncio.Transport, rest: bytes) -> None:
        own = self._own_upgrades.get(_first_segment(request))
        if own is not None:
            own(request, transport, rest)
            return
        place = self._socket_place(request)
        too_long = len(request.target) > _MAX_URL
        if place is None or too_long or place.rest.strip("/"):
            _refuse_upgrade(transport, *((414, "URI Too Long") if too_long else (403, "Forbidden")))
            return
        place.api.upgrade(request, transport, rest)

    def _socket_place(self, request: Request) -> _Place[WebSocketApiServer] | None:
        named = self._application.paths.get(request.decoded_path)
        for api in self._websocket_apis:
            if named is not None:
                if api.api.logical_id == named:
                    return _Place(api, request, "")
            elif _for_api(request, api.api.api_id):
                rest = _below(request.decoded_path, f"{api.api.prefix}/{api.api.stage.name}")
                if rest is not None:
                    return _Place(api, request, rest)
        return None

    def _http_place(self, request: Request, *, named: bool) -> _Place[HttpApiServer | RestApiServer] | None:
        """The HTTP or REST API of a path. `named` looks at extra paths, stages with a name and prefixes only."""
        extra = self._application.paths.get(request.decoded_path)
        for api in self._http_apis:
            prefix, stage = api.api.prefix, api.api.stage.name
            if extra is not None:
                if named and api.api.logical_id == extra:
                    return _Place(api, request, "")
            elif _for_api(request, api.api.api_id):
                base = prefix if stage == "$default" else f"{prefix}/{stage}"
                rest = _below(request.decoded_path, base)
                if rest is not None and named == bool(base):
                    return _Place(api, _without(request, prefix), rest)
        return None


def _first_segment(request: Request) -> str:
    return request.path.strip("/").partition("/")[0]


@dataclass(frozen=True)
class _Place(Generic[Server]):
    """An API that a request is for, the request as it is without the API's prefix, and what follows the stage."""

    api: Server
    request: Request
    rest: str


def _key(api: WebSocketApi) -> tuple[str, str, str]:
    """By what an API is the same after its template was read again; each of its stages is served apart."""
    return api.logical_id, api.stage.name, api.prefix


def _below(path: str, base: str) -> str | None:
    """What of a path follows a base; None where the path is elsewhere."""
    return path.removeprefix(base) if f"{path}/".startswith(f"{base}/") else None


def _without(request: Request, prefix: str) -> Request:
    return replace(request, target=request.target.removeprefix(prefix) or "/") if prefix else request


def _is_management(rest: str) -> bool:
    return rest.split("/")[1:2] == [_CONNECTIONS]


def _connection_id(request: Request, place: _Place[WebSocketApiServer]) -> str:
    """As it came, percent-encoded."""
    segments = request.path.removeprefix(place.api.api.prefix).strip("/").split("/", 2)
    return segments[2] if len(segments) > 2 else ""


def _answer_socket_path(rest: str) -> Response:
    if rest.strip("/"):
        return Response.json({"message": "Forbidden"}, 403)
    # The path is right and the client is no WebSocket client (case A14).
    return Response.json({"message": "Upgrade Required"}, 426, (("upgrade", "websocket"),))


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
