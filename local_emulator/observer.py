"""What the gateway and the pool tell of as it happens, without knowing who listens.

Told on the path of every frame and every invocation: an observer keeps what it is given and does its work later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from local_emulator.gateway.websocket.events import ConnectionInfo
    from local_emulator.http1 import Request, Response
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

    def answered(self, api: str, request: Request, response: Response) -> None:
        """An HTTP or REST API (by logical id) answers a request."""

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

    def answered(self, api: str, request: Request, response: Response) -> None:
        pass

    def invocation(self, function: str, request_id: str, payload: bytes) -> Ended:
        return _ignore


def _ignore(outcome: Outcome, init_ms: float, lines: Iterable[str]) -> None:
    pass


NOBODY = Nobody()


class Both:
    """Tells two observers of everything, the first one first."""

    def __init__(self, first: Observer, second: Observer) -> None:
        self._two = (first, second)

    def connected(self, info: ConnectionInfo) -> None:
        for each in self._two:
            each.connected(info)

    def frame(self, info: ConnectionInfo, direction: Literal["in", "out"], text: str, route_key: str) -> None:
        for each in self._two:
            each.frame(info, direction, text, route_key)

    def disconnected(self, info: ConnectionInfo, code: int, reason: str) -> None:
        for each in self._two:
            each.disconnected(info, code, reason)

    def refused(self, info: ConnectionInfo, status: int) -> None:
        for each in self._two:
            each.refused(info, status)

    def answered(self, api: str, request: Request, response: Response) -> None:
        for each in self._two:
            each.answered(api, request, response)

    def invocation(self, function: str, request_id: str, payload: bytes) -> Ended:
        ended = [each.invocation(function, request_id, payload) for each in self._two]

        def both(outcome: Outcome, init_ms: float, lines: Iterable[str]) -> None:
            for each in ended:
                each(outcome, init_ms, lines)

        return both
