"""What loads a target: WebSocket clients on one loop, and two ways to post to their connections."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import boto3
import httptools
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.peers.targets import CREDENTIALS, REGION

_RECEIVE_SECONDS = 30.0
_LEAVING = 5
_LEAVING_SECONDS = 0.02
_ECHO = json.dumps({"action": "echo", "text": "x" * 80})
_PUSH = json.dumps({"action": "push"})

Socket = aiohttp.ClientWebSocketResponse


class Clients:
    """Opens WebSockets to one target, and closes them together."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._open: list[Socket] = []

    async def connect(self) -> Socket:
        """A connection, once it is accepted. Raises aiohttp.ClientError where it is not."""
        connected = await self._session.ws_connect(self._url, autoping=True, max_msg_size=0, timeout=_CLOSE)
        self._open.append(connected)
        return connected

    async def connect_many(self, number: int) -> list[Socket]:
        """So many at once."""
        return await asyncio.gather(*(self.connect() for _ in range(number)))

    def sample(self, number: int) -> list[Socket]:
        """So many of those that are open, evenly from the first to the last."""
        return self._open[:: max(1, len(self._open) // number)][:number]

    async def close(self) -> None:
        """Closes all of them, a few at a time: there are peers that start two processes for each that goes at once."""
        opened, self._open = self._open, []
        for start in range(0, len(opened), _LEAVING):
            await asyncio.gather(*(each.close() for each in opened[start : start + _LEAVING]))
            await asyncio.sleep(_LEAVING_SECONDS)


_CLOSE = aiohttp.ClientWSTimeout(ws_close=5.0)


@asynccontextmanager
async def clients(url: str) -> AsyncIterator[Clients]:
    """For as many connections as the machine has file descriptors."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        made = Clients(session, url)
        try:
            yield made
        finally:
            await made.close()


async def echo(client: Socket) -> float:
    """Seconds of one round trip."""
    started = time.perf_counter()
    await client.send_str(_ECHO)
    await _receive(client)
    return time.perf_counter() - started


async def push(client: Socket) -> tuple[float, str]:
    """Seconds from the handler's call to the news' arrival, and the connection's id."""
    await client.send_str(_PUSH)
    news = json.loads(await _receive(client))
    return (time.monotonic_ns() - news["at"]) / 1e9, news["connectionId"]


async def _receive(client: Socket) -> str:
    async with asyncio.timeout(_RECEIVE_SECONDS):
        return await client.receive_str()


class PostError(RuntimeError):
    """A post was answered with `status`: not 200, nor 204, which serverless-offline gives."""

    def __init__(self, status: int) -> None:
        super().__init__(f"a post was answered {status}")
        self.status = status


class Sdk:
    """Posts with one boto3 client."""

    def __init__(self, callback_url: str) -> None:
        self._client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=callback_url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def post(self, connection_id: str) -> None:
        """Posts once."""
        self._client.post_to_connection(ConnectionId=connection_id, Data=_ECHO)

    def close(self) -> None:
        self._client.close()


class Raw:
    """Posts one request, signed once, over one connection: what the server takes, with next to no client."""

    def __init__(self, callback_url: str, connection_id: str, data: str = _ECHO) -> None:
        parts = urlsplit(callback_url)
        # Percent-encoded as the SDKs do.
        url = f"{callback_url}/@connections/{quote(connection_id, safe='')}"
        signed = AWSRequest("POST", url, data=data, headers={"Host": parts.netloc})
        credentials = Credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "execute-api", REGION).add_auth(signed)
        target = urlsplit(url).path
        headers = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
        head = f"POST {target} HTTP/1.1\r\n{headers}Content-Length: {len(data)}\r\n\r\n"
        self._request = (head + data).encode()
        self._address = (parts.hostname or "", parts.port or 80)
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(self._address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parser = httptools.HttpResponseParser(self)
        self._answered = False

    def on_message_complete(self) -> None:
        self._answered = True

    def post(self) -> None:
        """Posts once. Raises PostError where it is refused, OSError where it is not answered."""
        if not self._exchange():
            # There are servers that close a connection after so many requests.
            self.close()
            self._connect()
            if not self._exchange():
                raise ConnectionResetError("the server closes the connection instead of answering a post")
        status = self._parser.get_status_code()
        if status not in (200, 204):
            raise PostError(status)

    def _exchange(self) -> bool:
        """Whether there was an answer."""
        self._answered = False
        self._socket.sendall(self._request)
        while not self._answered:
            data = self._socket.recv(65536)
            if not data:
                return False
            self._parser.feed_data(data)
        return True

    def close(self) -> None:
        self._socket.close()


def rate(post: Callable[[], Any], number: int, seconds: float) -> float:
    """Calls a second: `number` of them, or as many as `seconds` allow."""
    started = time.perf_counter()
    done = 0
    while done < number and time.perf_counter() - started < seconds:
        post()
        done += 1
    return done / (time.perf_counter() - started)
