"""What the cases are shown on: the addresses of a deployment, clients for it, and what its functions saw."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from botocore.config import Config
from websockets.asyncio.client import ClientConnection, connect

T = TypeVar("T")
Event = dict[str, Any]

_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Seen:
    """An event as a function recorded it."""

    event: Event
    environment: str
    """Of the execution environment."""


class Target(ABC):
    """A deployment of the suite's template."""

    def __init__(self, outputs: Mapping[str, str]) -> None:
        self.outputs = outputs
        """The template's."""
        self._clients: dict[str, Any] = {}

    @property
    @abstractmethod
    def local(self) -> bool:
        """It is the emulator."""

    @abstractmethod
    def make_client(self, service: str, **options: Any) -> Any:
        """A boto3 client; `endpoint_url` for an API of the template."""

    @abstractmethod
    def log_lines(self, function: str) -> list[str]:
        """The log of a function, by its logical id."""

    def client(self, service: str) -> Any:
        """A boto3 client that does not try again by itself."""
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
            self._clients[service] = self.make_client(service, config=config)
        return self._clients[service]

    def management(self, api: str = "Socket") -> Any:
        """boto3's client for the @connections of a WebSocket API, over TLS, as a function has it."""
        config = Config(retries={"total_max_attempts": 1})
        return self.make_client(
            "apigatewaymanagementapi", endpoint_url=self.management_url(api), config=config
        )

    def management_url(self, api: str = "Socket") -> str:
        """Such as `https://…/dev`."""
        return re.sub("^wss?:", "https:", self.outputs[f"{api}Url"])

    def http(self, api: str = "Http") -> httpx.AsyncClient:
        """A plain client for an HTTP or REST API, or for the plain side of a WebSocket API."""
        url = re.sub("^ws", "http", self.outputs[f"{api}Url"])
        return httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)

    def connect(
        self, api: str = "Socket", path: str = "", *, case: str = "", do: Any = None, **options: Any
    ) -> connect:
        """A WebSocket client's connection; the $connect function records it under `case` and does `do`."""
        headers = {"X-Case": case or new_key(), **options.pop("additional_headers", {})}
        if do is not None:
            headers["X-Do"] = json.dumps(do)
        url = self.outputs[f"{api}Url"] + path
        return connect(url, proxy=None, additional_headers=headers, open_timeout=40, **options)

    async def connection_id(self, socket: ClientConnection) -> str:
        """As its CONNECT event has it."""
        assert socket.request is not None
        (seen,) = await self.seen(socket.request.headers["X-Case"])
        found: str = seen.event["requestContext"]["connectionId"]
        return found

    async def seen(self, key: str, count: int = 1) -> list[Seen]:
        """The events recorded under a key, once there are `count` of them."""
        return await eventually(lambda: self._at_least(key, count), what=f"{count} events of {key}")

    async def events(self, key: str, count: int = 1) -> list[Event]:
        """As `seen`, the events alone."""
        return [seen.event for seen in await self.seen(key, count)]

    async def seen_so_far(self, key: str) -> list[Seen]:
        """The events recorded under a key by now."""
        return await asyncio.to_thread(self._read, key)

    async def go(self, key: str) -> None:
        """Lets go on what waits for a key."""
        item = {"pk": {"S": key}, "sk": {"S": "go"}}
        dynamodb = self.client("dynamodb")
        await asyncio.to_thread(dynamodb.put_item, TableName=self.outputs["TableName"], Item=item)

    def _at_least(self, key: str, count: int) -> list[Seen] | None:
        found = self._read(key)
        return found if len(found) >= count else None

    def _read(self, key: str) -> list[Seen]:
        answer = self.client("dynamodb").query(
            TableName=self.outputs["TableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": key}},
            ConsistentRead=True,
        )
        return [
            Seen(json.loads(item["event"]["S"]), item["environment"]["S"])
            for item in answer["Items"]
            if "event" in item
        ]


def new_key() -> str:
    """A name for what a test does."""
    return uuid.uuid4().hex


async def eventually(
    read: Callable[[], T | None], *, seconds: float = _PATIENCE_SECONDS, what: str = ""
) -> T:
    """The first true value of `read`, which may block.

    Raises:
        TimeoutError: there was none within `seconds`.
    """
    ends = time.monotonic() + seconds
    while not (found := await asyncio.to_thread(read)):
        if time.monotonic() > ends:
            raise TimeoutError(f"{what or read} did not come true within {seconds} s")
        await asyncio.sleep(0.02)
    return found
