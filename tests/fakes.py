"""Working stand-ins for what a test must control: the clock, and the @connections API's refusals."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from botocore.exceptions import ConnectTimeoutError

from tests.contract import contract

ENDPOINT = "https://api.example/prod"


class Clock:
    """A clock that a test turns. Milliseconds."""

    def __init__(self) -> None:
        self.now = 1_760_000_000_000

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float) -> None:
        self.now += round(seconds * 1000)


class Management:
    """An @connections API that delivers into lists, and refuses as it is told."""

    def __init__(self) -> None:
        self.received: dict[str, list[dict[str, Any]]] = {}
        self.refusals: dict[str, Iterator[int | None]] = {}
        self.posts = 0
        self._held: dict[str, threading.Event] = {}
        self.endpoint = ""

    def __call__(self, endpoint: str) -> Any:
        self.endpoint = endpoint
        return self

    def post(self, connection_id: str, data: bytes) -> int:
        self.posts += 1
        if connection_id in self._held:
            assert self._held[connection_id].wait(20), "never let go"
        status = next(self.refusals.get(connection_id, iter(())), None)
        if status == 0:
            raise ConnectTimeoutError(endpoint_url=ENDPOINT)
        if status is not None:
            return status
        assert [] == contract().faults_of_frame(data)
        self.received.setdefault(connection_id, []).append(msgspec.json.decode(data))
        return 200

    @contextmanager
    def hanging(self, connection_id: str) -> Iterator[None]:
        """Posts to that connection are not answered until the end of this."""
        event = self._held[connection_id] = threading.Event()
        try:
            yield
        finally:
            del self._held[connection_id]
            event.set()

    def refuse(self, connection_id: str, statuses: Sequence[int | None], *, forever: bool = False) -> None:
        self.refusals[connection_id] = itertools.cycle(statuses) if forever else iter(statuses)
