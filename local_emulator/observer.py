"""What the gateway and the pool tell of as it happens, without knowing who listens.

Told on the path of every frame and every invocation: an observer keeps what it is given and does its work later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from local_emulator.gateway.websocket.events import ConnectionInfo
    from local_emulator.invocation import Outcome

Ended = Callable[["Outcome", float, Iterable[str]], None]
"""Tells how an invocation ended: its outcome, the milliseconds that a cold start took, the lines of its log."""


class Observer(Protocol):
    """Hears of everything, on the event loop."""

    def connected(self, info: ConnectionInfo) -> None:
        """A connection is open."""

    def frame(self, info: ConnectionInfo, direction: Literal["in", "out"], text: str, route_key: str) -> None:
        """A message came or went; `route_key` is where one that came went, empty for one that went."""

    def disconnected(self, info: ConnectionInfo, code: int, reason: str) -> None:
        """A connection has ended."""

    def refused(self, info: ConnectionInfo, status: int) -> None:
        """A client was not let in: the status of the answer to its upgrade."""

    def invocation(self, function: str, request_id: str, payload: bytes) -> Ended:
        """An invocation of a function (by logical id) begins, or waits to; what it gives back is called at the end."""
        ...


class Nobody:
    """Listens to nothing."""

    def connected(self, info: ConnectionInfo) -> None:
        pass

    def frame(self, info: ConnectionInfo, direction: Literal["in", "out"], text: str, route_key: str) -> None:
        pass

    def disconnected(self, info: ConnectionInfo, code: int, reason: str) -> None:
        pass

    def refused(self, info: ConnectionInfo, status: int) -> None:
        pass

    def invocation(self, function: str, request_id: str, payload: bytes) -> Ended:
        return _ignore


def _ignore(outcome: Outcome, init_ms: float, lines: Iterable[str]) -> None:
    pass


NOBODY = Nobody()
