"""Whatever bytes arrive at the port, the gateway goes on serving."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.emulator.gateway.local_gateway import ok

Serve = Callable[..., Any]
GOOD = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc"
UPGRADE = (
    b"GET /dev HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def mutated(dice: random.Random, data: bytes) -> bytes:
    """Some bytes changed, dropped or doubled; sometimes nothing but noise."""
    if dice.random() < 0.2:
        return dice.randbytes(dice.randrange(1, 400))
    changed = bytearray(data)
    for _ in range(dice.randrange(1, 6)):
        place = dice.randrange(len(changed))
        match dice.randrange(3):
            case 0:
                changed[place] = dice.randrange(256)
            case 1:
                del changed[place]
            case _:
                changed[place:place] = dice.randbytes(dice.randrange(1, 8))
    return bytes(changed)


async def send(port: int, data: bytes) -> bytes:
    """What comes back within a moment, the connection dropped after it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(0.05):
            return await reader.read(65536)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("seed", range(4))
async def test_noise_and_broken_requests_harm_nobody(serve: Serve, seed: int) -> None:
    """A hundred of each kind; after them a good request and a good connection are served as before."""
    dice = random.Random(seed)
    routes = (("POST", "/a", "f"),)
    functions = {"f": lambda _: {"statusCode": 200, "body": "well"}, "$connect": ok, "$default": ok}
    async with serve(functions, http_routes=routes) as gateway:
        frames = [dice.randbytes(dice.randrange(1, 300)) for _ in range(50)]
        hostile = [mutated(dice, GOOD) for _ in range(50)] + [mutated(dice, UPGRADE) for _ in range(50)]
        hostile += [UPGRADE + noise for noise in frames]
        for start in range(0, len(hostile), 10):
            await asyncio.gather(*(send(gateway.gateway.port, data) for data in hostile[start : start + 10]))

        async with gateway.http() as http:
            assert "well" == (await http.post("/a", content=b"abc")).text
        async with gateway.connect() as socket:
            await (await socket.ping())


async def test_pipelined_requests_are_answered_in_order(serve: Serve) -> None:
    """Though the first takes longest."""

    async def slow_first(event: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.05 if event["body"] == "1" else 0)
        return {"statusCode": 200, "body": event["body"]}

    async with serve({"f": slow_first}, http_routes=(("POST", "/a", "f"),)) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.gateway.port)
        for number in b"1", b"2", b"3":
            writer.write(GOOD.replace(b": 3", b": 1").replace(b"abc", number))
        received = b""
        async with asyncio.timeout(5):
            while received.count(b"HTTP/1.1 200") < 3 or not received.endswith(b"3"):
                received += await reader.read(65536)
        writer.close()

    places = [received.index(b"\r\n\r\n" + number) for number in (b"1", b"2", b"3")]
    assert sorted(places) == places


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_cannot_have_a_body_has_none(serve: Serve, status: int) -> None:
    """Whatever the function says: what came after the head would be taken for the beginning of the next answer."""

    async def with_body(event: dict[str, Any]) -> dict[str, Any]:
        return {"statusCode": status, "body": "null"}

    async with serve({"f": with_body}, http_routes=(("GET", "/a", "f"),)) as gateway, gateway.http() as http:
        answers = [await http.get("/a") for _ in range(2)]

    assert [(status, b"")] * 2 == [(answer.status_code, answer.content) for answer in answers]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", b"400"),
    ],
    ids=["no request", "huge header", "bad length"],
)
async def test_a_request_that_is_none_is_told_so(serve: Serve, data: bytes, status: bytes) -> None:
    """And the connection is closed."""
    async with serve({"$connect": ok}) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.gateway.port)
        writer.write(data)
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 " + status)
