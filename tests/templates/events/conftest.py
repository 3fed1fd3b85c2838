"""A template of this folder, running, and what its functions have written down."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from local_emulator.emulator import Emulator
from local_emulator.services import client
from local_emulator.settings import Settings

FOLDER = Path(__file__).parent


class Running:
    """An emulator, and the events that its functions have got."""

    def __init__(
        self, template: str, certificates: Path, parameters: Mapping[str, str] | None = None
    ) -> None:
        self.emulator = Emulator(
            Settings(
                template=FOLDER / template, data_folder=certificates, parameter_overrides=parameters or {}
            ),
            log=self._log_line,
        )
        self._events: list[tuple[str, Any]] = []
        self._clients: dict[str, Any] = {}

    def _log_line(self, function: str, line: str) -> None:
        if line.startswith("EVENT "):
            self._events.append((function, json.loads(line.removeprefix("EVENT "))))

    def events(self, function: str) -> list[Any]:
        """What a function has got so far."""
        return [event for name, event in self._events if name == function]

    def records(self, function: str) -> list[Any]:
        """The records of all its events."""
        return [record for event in self.events(function) for record in event["Records"]]

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """An operation of boto3's, with the functions' own endpoints."""
        if service not in self._clients:
            self._clients[service] = client(service, self.emulator.environment)
        return await asyncio.to_thread(getattr(self._clients[service], operation), **arguments)

    async def messages(self, queue: str, count: int = 1) -> list[str]:
        """The bodies of the next messages of a queue, given by the name of the output with its URL."""
        url = self.emulator.application.outputs[queue]
        bodies: list[str] = []
        deadline = time.monotonic() + 20
        while len(bodies) < count:
            assert time.monotonic() < deadline, bodies
            answer = await self.call("sqs", "receive_message", QueueUrl=url, WaitTimeSeconds=5)
            bodies += [message["Body"] for message in answer.get("Messages", [])]
        return bodies

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Waits until `condition` gives something true, and gives that."""
        deadline = time.monotonic() + 20
        while not (found := condition()):
            assert time.monotonic() < deadline, self._events
            await asyncio.sleep(0.01)
        return found

    def close(self) -> None:
        """Closes the clients."""
        for made in self._clients.values():
            made.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
async def running(request: pytest.FixtureRequest, certificates: Path) -> AsyncIterator[Running]:
    """The template that the module names as TEMPLATE."""
    made = Running(request.module.TEMPLATE, certificates)
    async with made.emulator:
        yield made
    made.close()
