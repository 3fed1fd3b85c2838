"""Answers that are not there at once: written when they are given, in the order of the requests."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from local_emulator.http1 import HttpProtocol, Later, Request, Response, serve
from tests.waiting import until

GET = b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n"


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def body(self) -> bytes:
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 1\r\n" in head
        return await self._reader.readexactly(1)


@asynccontextmanager
async def talking(application: Callable[[Request], Later]) -> AsyncIterator[Client]:
    server = await serve(application)
    port = server.sockets[0].getsockname()[1]
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield client
    finally:
        client.writer.close()
        server.close()


async def test_answers_are_written_as_they_are_given_in_the_order_of_the_requests() -> None:
    """The second request is looked at when the first has its answer, whoever is quicker."""
    asked: list[Later] = []

    def application(_: Request) -> Later:
        asked.append(Later())
        return asked[-1]

    async with talking(application) as client:
        client.writer.write(GET % 1 + GET % 2)
        await until(lambda: len(asked) == 1)
        asked[0].give(Response(200, b"1"))
        assert 2 == len(asked)
        asked[1].give(Response(200, b"2"))

        assert [b"1", b"2"] == [await client.body() for _ in range(2)]


async def test_an_answer_may_be_given_before_anybody_listens() -> None:
    """The application knows it while it is asked."""

    def application(request: Request) -> Later:
        answer = Later()
        answer.give(Response(200, request.target[1:].encode()))
        return answer

    async with talking(application) as client:
        client.writer.write(GET % 1 + GET % 2)

        assert [b"1", b"2"] == [await client.body() for _ in range(2)]


async def test_who_hangs_up_abandons_the_answer() -> None:
    """Whoever would give it can tell; given all the same, it goes nowhere."""
    answer = Later()
    asked = asyncio.Event()

    def application(_: Request) -> Later:
        asked.set()
        return answer

    async with talking(application) as client:
        client.writer.write(GET % 1)
        await asked.wait()
        client.writer.close()
        await until(lambda: answer.abandoned)
        answer.give(Response(200, b"1"))


@pytest.mark.parametrize("upgraded", [False, True])
async def test_a_connection_that_is_over_needs_no_garbage_collector(*, upgraded: bool) -> None:
    """Nor does one that has become a WebSocket: thousands of them come and go."""
    made: list[weakref.ref[HttpProtocol]] = []
    taken_over: list[asyncio.Transport] = []

    def upgrade(_: Request, transport: asyncio.Transport, rest: bytes) -> None:
        transport.set_protocol(asyncio.Protocol())
        taken_over.append(transport)

    def connected() -> HttpProtocol:
        protocol = HttpProtocol(lambda _: Response(200, b"1"), upgrade=upgrade)
        made.append(weakref.ref(protocol))
        return protocol

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    gc.collect()
    gc.disable()
    try:
        if upgraded:
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
            await until(lambda: taken_over)
        else:
            writer.write(GET % 1)
            await reader.readuntil(b"\r\n\r\n1")
            writer.close()

        await until(lambda: made and made[0]() is None)
    finally:
        gc.enable()
        writer.close()
        for transport in taken_over:
            transport.abort()
        server.close()
