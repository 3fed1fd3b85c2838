"""What goes wrong at the gateway when a fault asks for it, as a client sees it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from local_emulator.faults import Faults
from local_emulator.faults.rules import parse
from tests.integration.emulator.gateway.local_gateway import Running, ok, running
from tests.integration.emulator.helpers import eventually


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


Serve = Callable[..., Any]


@pytest.fixture
def serve(certificates: Path) -> Serve:
    """A gateway with `$connect`, `$disconnect`, an echoing `echo` and `GET /`, and these rules."""

    @asynccontextmanager
    async def served(*rules: dict[str, Any]) -> AsyncIterator[Running]:
        functions = {
            "$connect": ok,
            "$disconnect": ok,
            "echo": lambda event: {"statusCode": 200, "body": json.loads(event["body"])["text"]},
            "get": ok,
        }
        settings: Any = {"faults": Faults(parse(list(rules)))}
        async with running(
            certificates,
            functions,
            routes={"echo": {"responds": True}},
            http_routes=(("GET", "/", "get"),),
            **settings,
        ) as gateway:
            yield gateway

    return served


async def echo(socket: ClientConnection, text: str) -> Any:
    await socket.send(json.dumps({"action": "echo", "text": text}))
    async with asyncio.timeout(5):
        return await socket.recv()


def connection_id(gateway: Running) -> str:
    return str(gateway.functions.of("$connect")[-1]["requestContext"]["connectionId"])


async def post(gateway: Running, data: str) -> None:
    management = gateway.management()
    try:
        await asyncio.to_thread(
            management.post_to_connection, ConnectionId=connection_id(gateway), Data=data.encode()
        )
    finally:
        management.close()


async def test_connection_is_dropped_after_so_many_frames(serve: Serve) -> None:
    """No close frame, and $disconnect hears of 1006."""
    async with serve({"where": "frame_in", "action": "drop", "nth": 3}) as gateway:
        async with gateway.connect() as socket:
            assert "a" == await echo(socket, "a")
            assert "b" == await echo(socket, "b")
            with pytest.raises(ConnectionClosed):
                await echo(socket, "c")
            assert 1006 == socket.close_code
        (event,) = await eventually(lambda: gateway.functions.of("$disconnect"))

    assert 1006 == event["requestContext"]["disconnectStatusCode"]


async def test_only_the_route_that_is_named_is_struck(serve: Serve) -> None:
    """Other routes' frames pass."""
    rule = {"where": "frame_in", "action": "lose", "match": {"route_key": "other"}}
    async with serve(rule) as gateway, gateway.connect() as socket:
        assert "a" == await echo(socket, "a")


async def test_connection_is_closed_with_a_code(serve: Serve) -> None:
    """As API Gateway closes one, or with another code."""
    async with serve({"where": "frame_in", "action": "close"}) as gateway, gateway.connect() as socket:
        with pytest.raises(ConnectionClosed):
            await echo(socket, "a")
        assert (1001, "Going away") == (socket.close_code, socket.close_reason)


async def test_lost_frame_is_not_handled_or_does_not_arrive(serve: Serve) -> None:
    """The connection lives on and nobody is told, in either direction."""
    rules = (
        {"where": "frame_in", "action": "lose", "nth": 1},
        {"where": "frame_out", "action": "lose", "nth": 1},
    )
    async with serve(*rules) as gateway, gateway.connect() as socket:
        for text in ("lost on its way in", "answer lost", "arrives"):
            await socket.send(json.dumps({"action": "echo", "text": text}))

        async with asyncio.timeout(5):
            assert "arrives" == await socket.recv()
        assert 2 == len(gateway.functions.of("echo"))


async def test_stalled_connection_goes_on_where_it_was(serve: Serve) -> None:
    """Nothing is sent for the time, and nothing is missing afterwards."""
    rule = {"where": "frame_out", "action": "stall", "seconds": 0.5, "times": 1}
    async with serve(rule) as gateway, gateway.connect() as socket:
        started = time.monotonic()
        await post(gateway, "one")
        await post(gateway, "two")

        assert ["one", "two"] == [await socket.recv(), await socket.recv()]
        assert time.monotonic() - started >= 0.5
        assert "three" == await echo(socket, "three")


async def test_posts_to_a_connection_that_stalls_for_ever_are_refused_at_last(serve: Serve) -> None:
    """F8: as for any client that does not read."""
    async with serve({"where": "frame_out", "action": "stall"}) as gateway, gateway.connect():
        for _ in range(11):
            await post(gateway, "x" * 100_000)
        with pytest.raises(ClientError, match="LimitExceeded"):
            await post(gateway, "one too many")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "GoneException"),
        (429, "LimitExceededException"),
        (403, "ForbiddenException"),
        (500, "InternalServerErrorException"),
    ],
)
async def test_post_is_refused(serve: Serve, status: int, code: str) -> None:
    """The SDK sees the error that AWS would send, though the connection is there; the next post arrives."""
    rule = {"where": "post", "action": "refuse", "status": status, "times": 1, "match": {"method": "POST"}}
    async with serve(rule) as gateway, gateway.connect() as socket:
        with pytest.raises(ClientError) as refused:
            await post(gateway, "refused")
        assert status == refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert code == refused.value.response["Error"]["Code"]

        await post(gateway, "arrives")
        assert "arrives" == await socket.recv()


async def test_post_is_delivered_and_refused_all_the_same(serve: Serve) -> None:
    """The answer was lost: who tries again sends twice."""
    rule = {"where": "post", "action": "refuse", "status": 500, "delivered": True}
    async with serve(rule) as gateway, gateway.connect() as socket:
        with pytest.raises(ClientError):
            await post(gateway, "delivered")

        assert "delivered" == await socket.recv()


async def test_upgrade_is_refused_dropped_or_delayed(serve: Serve) -> None:
    """$connect does not run in the first two cases."""
    rules = (
        {"where": "connect", "action": "refuse", "status": 429, "nth": 1},
        {"where": "connect", "action": "drop", "nth": 2},
        {"where": "connect", "action": "delay", "seconds": 0.05, "nth": 3},
    )
    async with serve(*rules) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            await gateway.connect()
        with pytest.raises((InvalidMessage, ConnectionError)):
            await gateway.connect()
        assert 429 == refused.value.response.status_code
        assert [] == gateway.functions.of("$connect")

        async with gateway.connect() as socket:
            assert "a" == await echo(socket, "a")


async def test_http_request_is_refused_or_delayed(serve: Serve) -> None:
    """The function does not run for what is refused."""
    rules = (
        {"where": "http", "action": "refuse", "nth": 1, "match": {"route_key": "GET /"}},
        {"where": "http", "action": "delay", "seconds": 0.05, "nth": 2},
    )
    async with serve(*rules) as gateway, gateway.http() as http:
        refused, delayed = await http.get("/"), await http.get("/")

    assert (503, {"message": "Service Unavailable"}) == (refused.status_code, refused.json())
    assert 200 == delayed.status_code
    assert 1 == len(gateway.functions.of("get"))
