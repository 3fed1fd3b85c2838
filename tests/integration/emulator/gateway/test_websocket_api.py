"""The gateway and WebSockets, beyond what tests/conformance shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from local_emulator.model import Stage, Throttle
from tests.integration.emulator.gateway.local_gateway import ok

Serve = Callable[..., Any]


async def closed(socket: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(5):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 it waits for another task's effect, whatever that is
            await asyncio.sleep(0.005)


async def test_frames_that_come_while_connect_runs_are_not_lost(serve: Serve) -> None:
    """101 only after the function has returned; what a hasty client sent before is a message after."""
    let_in = asyncio.Event()

    async def slow(_: dict[str, Any]) -> dict[str, Any]:
        await let_in.wait()
        return {"statusCode": 200}

    async with serve({"$connect": slow, "$default": ok}) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.gateway.port)
        head = (
            "GET /dev HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        frame = Frame(Opcode.TEXT, b"early").serialize(mask=True)
        writer.write(head.encode() + frame)
        await until(lambda: gateway.functions.of("$connect"))
        assert [] == gateway.functions.of("$default")
        let_in.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 101")
        await until(lambda: gateway.functions.of("$default"))
        assert "early" == gateway.functions.of("$default")[0]["body"]
        writer.close()


async def test_frames_that_come_with_the_farewell_are_not_lost(serve: Serve) -> None:
    """Though they are read at once with it: a client may acknowledge and go."""
    async with serve({"$connect": ok, "$disconnect": ok, "$default": ok}) as gateway:
        async with gateway.connect() as socket:
            last_words = Frame(Opcode.TEXT, b"last words").serialize(mask=True)
            farewell = Frame(Opcode.CLOSE, (1000).to_bytes(2, "big")).serialize(mask=True)
            socket.transport.write(last_words + farewell)
            await until(lambda: gateway.functions.of("$disconnect"))

        assert ["last words"] == [event["body"] for event in gateway.functions.of("$default")]


async def test_an_extra_path_leads_to_its_api(serve: Serve) -> None:
    """What the template's metadata names, beside the stage."""
    async with serve({"$connect": ok}, paths={"/ws/live": "Socket"}) as gateway:
        async with gateway.connect("/ws/live?x=1"):
            pass
        assert {"x": "1"} == gateway.functions.of("$connect")[0]["queryStringParameters"]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"binary", 1003), ("x" * (32 * 1024 + 1), 1009), (["x" * 32_000] * 5, 1009)],
    ids=["binary", "frame over 32 KB", "message over 128 KB"],
)
async def test_disconnect_hears_why_the_gateway_closed(serve: Serve, data: Any, code: int) -> None:
    """The code that the client gets is on the event."""
    async with serve({"$default": ok, "$disconnect": ok}) as gateway, gateway.connect() as socket:
        with suppress(ConnectionClosed):
            await socket.send(data)
        assert code == (await closed(socket))[0]
        await until(lambda: gateway.functions.of("$disconnect"))
        context = gateway.functions.of("$disconnect")[0]["requestContext"]
        assert code == context["disconnectStatusCode"]


async def test_a_throttle_lets_its_burst_through(serve: Serve) -> None:
    """What is over it is told to the client, and not run."""
    stage = Stage(name="dev", default_throttle=Throttle(rate=0.001, burst=2))
    async with serve({"$default": ok}, stage=stage) as gateway, gateway.connect() as socket:
        for _ in range(3):
            await socket.send("x")
        assert "Too Many Requests" == json.loads(await socket.recv())["message"]
        assert 2 == len(gateway.functions.events)


async def test_the_gateway_stops_promptly_and_says_goodbye(serve: Serve) -> None:
    """1001 to everybody; $disconnect is run."""
    async with serve({"$disconnect": ok}) as gateway:
        socket = await gateway.connect().__aenter__()
    assert 1001 == (await closed(socket))[0]
    assert 1 == len(gateway.functions.of("$disconnect"))
