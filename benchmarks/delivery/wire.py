"""Bytes at the client's socket, both ways, with handshakes and headers, but without what TCP, IP and TLS add."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import httpcore
import httpx
from websockets.asyncio.client import ClientConnection


@dataclass
class Wire:
    """How many bytes went which way, seen from the client."""

    sent: int = 0
    received: int = 0


class _CountedTransport:
    def __init__(self, transport: asyncio.Transport, wire: Wire) -> None:
        self._transport = transport
        self._wire = wire

    def write(self, data: bytes) -> None:
        self._wire.sent += len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def counted_socket(wire: Wire) -> type[ClientConnection]:
    """A WebSocket connection that counts: for `connect(create_connection=…)`."""

    class Counted(ClientConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            counted = _CountedTransport(cast("asyncio.Transport", transport), wire)
            super().connection_made(cast("asyncio.Transport", counted))

        def data_received(self, data: bytes) -> None:
            wire.received += len(data)
            super().data_received(data)

    return Counted


class _CountedStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 httpcore's
        data = await self._stream.read(max_bytes, timeout)
        self._wire.received += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._wire.sent += len(buffer)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _CountedBackend(httpcore.AnyIOBackend):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _CountedStream(stream, self._wire)


class CountedHttp(httpx.AsyncBaseTransport):
    """What httpx's own transport is, a pool of connections of httpcore's, but one that counts."""

    def __init__(self, wire: Wire) -> None:
        self._pool = httpcore.AsyncConnectionPool(network_backend=_CountedBackend(wire))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request whose answer is wanted whole."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=await request.aread(),
                extensions=request.extensions,
            )
        )
        content = await answer.aread()
        await answer.aclose()
        return httpx.Response(answer.status, headers=answer.headers, content=content)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._pool.aclose()
