"""The connections of a WebSocket API: who is there, and for how long they may be."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local_emulator.faults import Fault, Faults
from local_emulator.gateway.websocket.events import ConnectionInfo
from local_emulator.gateway.websocket.socket import WebSocket
from local_emulator.observer import NOBODY, Observer

logger = logging.getLogger(__name__)

_GOING_AWAY = 1001
_SHOWN = 100
"""Characters of a message that the log shows."""


@dataclass(eq=False, slots=True)
class Connection:
    """An open connection: what its events repeat, its socket, its limits in time.

    `idle_timeout` and `max_duration` are API Gateway's ten minutes and two hours, or shorter for a test; traffic in
    either direction counts against idleness (cases C1 to C3).
    """

    info: ConnectionInfo
    socket: WebSocket
    idle_timeout: float
    faults: Faults = field(default_factory=Faults)
    observer: Observer = NOBODY
    last_active: float = 0.0

    _expires: float = 0.0
    _timer: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.last_active = time.time()

    @property
    def connection_id(self) -> str:
        """API Gateway's."""
        return self.info.connection_id

    @property
    def api(self) -> str:
        """Logical id of its API."""
        return self.info.api.logical_id

    def start_timer(self, max_duration: float) -> None:
        """From the moment that the connection is open."""
        self._expires = asyncio.get_running_loop().time() + max_duration
        self._check_limits()

    def touch(self) -> None:
        """A message went one way or the other."""
        self.last_active = time.time()

    def send(self, payload: bytes) -> None:
        """Sends one text message, unless a fault comes between."""
        fault = self.faults.decide("frame_out", api=self.api, connection_id=self.connection_id)
        if fault is None or self.suffer(fault):
            self.socket.send(payload)
            self.touch()
            text = payload.decode(errors="replace")
            self.observer.frame(self.info, "out", text, "")
            self.log_frame("→", text, kind="frame_out")

    def log_frame(self, arrow: str, text: str, **extra: Any) -> None:
        """One line for a message that went one way or the other, with the beginning of its text."""
        if not logger.isEnabledFor(logging.INFO):
            return
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text.encode())} bytes)"
        logger.info(
            "%s %s %s",
            arrow,
            self.connection_id,
            shown.replace("\n", " "),
            extra={"connection_id": self.connection_id, "api": self.api, "size": len(text.encode()), **extra},
        )

    def suffer(self, fault: Fault) -> bool:
        """What a frame's fault does to the connection; whether the frame goes through all the same."""
        match fault.action:
            case "drop":
                self.socket.abort()
            case "close":
                self.socket.close(fault["code"], fault["reason"])
            case "stall":
                self.socket.stall(fault["seconds"])
                return True
        return False

    def stop_timer(self) -> None:
        """The connection has ended."""
        if self._timer is not None:
            self._timer.cancel()

    def _check_limits(self) -> None:
        # One timer that looks when the connection was last active, instead of one that each frame sets anew.
        loop = asyncio.get_running_loop()
        left = min(self.last_active + self.idle_timeout - time.time(), self._expires - loop.time())
        if left <= 0:
            self._going_away()
        else:
            self._timer = loop.call_later(left, self._check_limits)

    def _going_away(self) -> None:
        self.socket.close(_GOING_AWAY, "Going away")


class Registry:
    """Open connections by id. Posting finds only these: one whose $connect runs is not among them (cases A6, A7)."""

    def __init__(self) -> None:
        self._open: dict[str, Connection] = {}

    def add(self, connection: Connection) -> None:
        self._open[connection.info.connection_id] = connection

    def remove(self, connection: Connection) -> None:
        self._open.pop(connection.info.connection_id, None)

    def get(self, connection_id: str) -> Connection | None:
        """The connection, if frames can be sent to it."""
        connection = self._open.get(connection_id)
        return connection if connection is not None and connection.socket.open else None

    def for_each(self, act: Callable[[Connection], None]) -> None:
        for connection in list(self._open.values()):
            act(connection)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)
