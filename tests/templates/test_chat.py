"""A chat in Node.js, its template and handlers as they would be deployed, with real clients."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from local_emulator.emulator import Emulator
from local_emulator.services import client
from local_emulator.settings import Settings

TEMPLATE = Path(__file__).parent / "chat" / "template.yaml"
GONE = "AAAAAAAAAAAAAAA="


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
async def emulator(certificates: Path) -> AsyncIterator[Emulator]:
    async with Emulator(Settings(template=TEMPLATE, data_folder=certificates)) as made:
        yield made


class Table:
    """Who is connected, seen from outside."""

    def __init__(self, emulator: Emulator) -> None:
        self._name = emulator.application.outputs["TableName"]
        self._client = client("dynamodb", emulator.environment)

    async def names(self) -> list[str]:
        answer = await asyncio.to_thread(self._client.scan, TableName=self._name, ConsistentRead=True)
        return sorted(item["name"]["S"] for item in answer["Items"])

    async def put(self, connection_id: str, name: str) -> None:
        item = {"connectionId": {"S": connection_id}, "name": {"S": name}}
        await asyncio.to_thread(self._client.put_item, TableName=self._name, Item=item)

    async def until(self, names: list[str]) -> None:
        deadline = time.monotonic() + 10
        while (found := await self.names()) != names:
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.02)

    def close(self) -> None:
        self._client.close()


@pytest.fixture
async def table(emulator: Emulator) -> AsyncIterator[Table]:
    made = Table(emulator)
    yield made
    made.close()


async def join(emulator: Emulator, stack: AsyncExitStack, *names: str) -> list[ClientConnection]:
    url = emulator.application.outputs["ChatUrl"]
    return [await stack.enter_async_context(connect(f"{url}?name={name}", proxy=None)) for name in names]


async def receive(socket: ClientConnection) -> Any:
    async with asyncio.timeout(15):
        return json.loads(await socket.recv())


async def test_message_reaches_everybody(emulator: Emulator) -> None:
    """Sent once, it comes to all who are connected, the sender included, by https://{domainName}/{stage}, in order."""
    async with AsyncExitStack() as stack:
        sockets = await join(emulator, stack, "ada", "ben", "cy")
        for text in ("hello", "grüße"):
            await sockets[0].send(json.dumps({"action": "sendmessage", "text": text}))

            received = await asyncio.gather(*map(receive, sockets))

            assert received == [{"from": "ada", "text": text}] * 3


async def test_connection_without_a_name_is_refused(emulator: Emulator, table: Table) -> None:
    """$connect answers 403, so that the handshake does."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(emulator.application.outputs["ChatUrl"], proxy=None)

    assert refused.value.response.status_code == 403
    assert await table.names() == []


async def test_whoever_leaves_is_forgotten(emulator: Emulator, table: Table) -> None:
    """$disconnect takes the connection out of the table, and nobody posts to it any more."""
    async with AsyncExitStack() as stack:
        ada, ben = await join(emulator, stack, "ada", "ben")
        assert await table.names() == ["ada", "ben"]
        await ben.close()
        await table.until(["ada"])

        await ada.send('{"action": "sendmessage", "text": "alone"}')

        assert await receive(ada) == {"from": "ada", "text": "alone"}
    await table.until([])


async def test_gone_connection_is_cleaned_up(emulator: Emulator, table: Table) -> None:
    """A connection that was lost without a $disconnect answers 410, and the broadcast takes it out."""
    await table.put(GONE, "ghost")
    async with AsyncExitStack() as stack:
        (ada,) = await join(emulator, stack, "ada")
        await ada.send('{"action": "sendmessage", "text": "boo"}')

        assert await receive(ada) == {"from": "ada", "text": "boo"}
        await table.until(["ada"])


async def test_function_without_a_connection_reaches_everybody(emulator: Emulator, table: Table) -> None:
    """The URL that the template builds with !Sub leads to the emulator as well."""
    await table.put(GONE, "ghost")
    async with AsyncExitStack() as stack:
        sockets = await join(emulator, stack, "ada", "ben")
        outcome = await emulator.pool.invoke("SweepFunction", {"text": "closing time"})

        assert outcome.value() == {"sent": 2, "gone": 1}
        for socket in sockets:
            assert await receive(socket) == {"from": "server", "text": "closing time"}


async def test_unknown_action_is_forbidden(emulator: Emulator) -> None:
    """Without a $default route the gateway answers a message that matches no route."""
    async with AsyncExitStack() as stack:
        (ada,) = await join(emulator, stack, "ada")
        await ada.send('{"action": "shout"}')

        assert (await receive(ada))["message"] == "Forbidden"
