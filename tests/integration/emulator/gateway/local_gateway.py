"""A gateway in this process, on a free port, whose functions are Python callables."""

from __future__ import annotations

import asyncio
import inspect
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config
from websockets.asyncio.client import connect

from local_emulator.address import Address
from local_emulator.certificates import load_or_create
from local_emulator.gateway import Gateway
from local_emulator.invocation import Outcome
from local_emulator.model import (
    Application,
    Authorizer,
    Cors,
    HttpApi,
    HttpRoute,
    RestApi,
    Stage,
    WebSocketApi,
    WebSocketRoute,
)

Function = Callable[[dict[str, Any]], Any]


class Raised(Exception):  # noqa: N818 what a function may do, not an error of ours
    """Raised by a function, it becomes the outcome's error; `Raised("Sandbox.Timedout")` for another type."""

    def __init__(self, message: str = "boom", kind: str = "Unhandled") -> None:
        super().__init__(message)
        self.kind = kind


class Functions:
    """An Invoker over callables, which remembers every event."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def invoke(
        self, function: str, event: Mapping[str, Any], *, timeout_seconds: float | None = None
    ) -> Outcome:
        self.events.append((function, dict(event)))
        request_id = str(uuid.uuid4())
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = self._functions[function](dict(event))
                if inspect.isawaitable(answer):
                    answer = await answer
        except Raised as raised:
            body = {"errorMessage": str(raised), "errorType": "Exception"}
            return Outcome(request_id=request_id, payload=json.dumps(body).encode(), error=raised.kind)
        return Outcome(request_id=request_id, payload=json.dumps(answer).encode())

    def of(self, function: str) -> list[dict[str, Any]]:
        """The events that a function received."""
        return [event for name, event in self.events if name == function]


class Running:
    """The gateway and the real clients that speak to it."""

    def __init__(self, gateway: Gateway, functions: Functions, ca_bundle: Path) -> None:
        self.gateway = gateway
        self.functions = functions
        self.ca_bundle = ca_bundle
        self.url = gateway.url
        self.ws_url = gateway.url.replace("http", "ws", 1)

    def connect(self, path: str = "/dev", **options: Any) -> connect:
        return connect(self.ws_url + path, proxy=None, **options)

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, trust_env=False)

    def management(self, stage: str = "dev") -> Any:
        """boto3's client, over TLS, as a function has it."""
        client: Any = boto3.client
        return client(
            "apigatewaymanagementapi",
            endpoint_url=f"https://localhost:{self.gateway.port}/{stage}",
            region_name="us-east-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="secret",
            verify=str(self.ca_bundle),
            config=Config(retries={"total_max_attempts": 1}),
        )


def ok(_: dict[str, Any]) -> dict[str, Any]:
    """A function that lets everything through."""
    return {"statusCode": 200}


@asynccontextmanager
async def running(
    folder: Path,
    functions: Mapping[str, Function],
    *,
    expression: str = "$request.body.action",
    stage: Stage | None = None,
    routes: Mapping[str, Mapping[str, Any]] | None = None,
    http_routes: tuple[tuple[Any, ...], ...] = (),
    http_stage: Stage | None = None,
    rest: Mapping[str, Any] | None = None,
    cors: Cors | None = None,
    authorizer: Authorizer | None = None,
    paths: Mapping[str, str] | None = None,
    **times: float,
) -> AsyncIterator[Running]:
    """Every function named like a route key (`$connect`, `join`…) serves that route; `routes` adds to a route's
    settings. `http_routes` are (method, path, function), with more settings in a fourth place. `rest` are a REST API's
    settings; its stage is `v1`."""
    settings = routes or {}
    websocket_routes = {
        key: WebSocketRoute(
            **{
                "route_key": key,
                "function": key,
                "authorizer": authorizer if key == "$connect" else None,
                **settings.get(key, {}),
            }
        )
        for key in functions
        if key.startswith("$") or key in settings or key.isalpha()
    }
    application = Application(
        functions={},
        websocket_apis=(
            WebSocketApi(
                logical_id="Socket",
                api_id="abcde12345",
                name="socket",
                route_selection_expression=expression,
                stage=stage or Stage(name="dev"),
                routes=websocket_routes,
            ),
        ),
        http_apis=(
            HttpApi(
                logical_id="Http",
                api_id="fghij67890",
                name="http",
                stage=http_stage or Stage(name="$default"),
                routes=tuple(
                    HttpRoute(method=method, path=path, function=name, **(more[0] if more else {}))
                    for method, path, name, *more in http_routes
                ),
                cors=cors,
            ),
        ),
        rest_apis=(
            ()
            if rest is None
            else (
                RestApi(
                    **{
                        "logical_id": "Rest",
                        "api_id": "klmno12345",
                        "name": "rest",
                        "stage": Stage(name="v1"),
                        **rest,
                    }
                ),
            )
        ),
        paths=paths or {},
    )
    certificate = load_or_create(folder)
    invoker = Functions(functions)
    gateway = Gateway(application, invoker, address=Address.take(), certificate=certificate, **times)  # type: ignore[arg-type]
    await gateway.start()
    try:
        yield Running(gateway, invoker, certificate.ca_bundle)
    finally:
        await gateway.stop()
