"""C: time. Ten minutes are a second here, and two hours three: nobody waits so long for a test."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.conformance.cases import DOCUMENTED, REPORTED, case
from tests.conformance.clients import call, closed, refusal
from tests.conformance.target import Target

SHORTENED = "the emulator can shorten the time, AWS cannot"


@case("C1", DOCUMENTED, local=SHORTENED)
async def test_c1_an_idle_connection_goes_away(shortened: Target) -> None:
    """No message in either direction for 10 minutes closes the connection: 1001, Going away."""
    async with shortened.connect() as socket:
        for _ in range(3):
            await asyncio.sleep(0.5)
            await socket.send("x")
        busy_until = time.monotonic()
        assert (1001, "Going away") == await closed(socket)

    assert time.monotonic() - busy_until > 0.9


@case("C2", DOCUMENTED, local=SHORTENED)
async def test_c2_a_connection_has_a_longest_time(shortened: Target) -> None:
    """2 hours after connecting the connection is closed, however busy it is: 1001, Going away."""
    async with shortened.connect() as socket:
        opened = time.monotonic()

        async def chat() -> None:
            while True:
                await socket.send("x")
                await asyncio.sleep(0.2)

        busy = asyncio.create_task(chat())
        assert (1001, "Going away") == await closed(socket)
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)

    assert time.monotonic() - opened > 2.9


@case("C3", REPORTED, local=SHORTENED)
async def test_c3_a_post_resets_the_idle_time(shortened: Target) -> None:
    """A message that is posted to the client counts against idleness as well."""
    management = shortened.management()
    async with shortened.connect() as socket:
        connection_id = await shortened.connection_id(socket)
        for _ in range(4):
            await asyncio.sleep(0.5)
            await call(management, "post_to_connection", ConnectionId=connection_id, Data=b"x")
        assert ["x"] * 4 == [await socket.recv() for _ in range(4)]


@case("C4", DOCUMENTED)
@pytest.mark.timeout(60)
async def test_c4_an_integration_has_29_seconds(target: Target) -> None:
    """An integration has the time that it asks for, 29 s at most (the test asks for 0.3 s)."""
    started = time.monotonic()
    assert 504 == (await refusal(target.connect("Hasty", do={"sleep": 1})))[0]
    assert 0.25 < time.monotonic() - started
