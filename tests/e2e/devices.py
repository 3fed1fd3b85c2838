"""Plain WebSocket clients that speak the protocol by themselves, and keep all that they are sent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.e2e.conftest import System

Frame = dict[str, Any]


class Device:
    """A socket, and every frame that came by it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.frames: list[Frame] = []

    def send(self, kind: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"type": kind, **fields}))

    def receive(self, *wanted: str, seconds: float = 60) -> Frame:
        """The next frame of one of these types, or of none where none is named; whatever comes before is kept too."""
        deadline = time.monotonic() + seconds
        while True:
            frame: Frame = json.loads(self._socket.recv(timeout=deadline - time.monotonic()))
            self.frames.append(frame)
            if frame.get("type") in (wanted or (None,)):
                return frame

    def subscribe(self, job_id: str, **fields: Any) -> Frame:
        """The acknowledgement."""
        self.send("subscribe", jobId=job_id, **fields)
        return self.receive("ready_ack")

    def of(self, job_id: str) -> list[Frame]:
        """The states of a job, in whole frames."""
        return [frame for frame in self.frames if frame.get("jobId") == job_id and "seq" in frame]


@contextmanager
def device(system: System) -> Iterator[Device]:
    """Connected without a job."""
    with connect(system.socket_url, proxy=None) as socket:
        yield Device(socket)


def watchers(system: System, job_id: str) -> list[Frame]:
    return [row for row in system.rows(f"JOB#{job_id}") if row["sk"]["S"].startswith("CONN#")]
