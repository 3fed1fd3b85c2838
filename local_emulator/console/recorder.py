"""Keeps what happens, as it is told of it: about a microsecond a frame, whether a page is open or not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from local_emulator.console.ring import Entry, Ring
from local_emulator.gateway.websocket.events import ConnectionInfo
from local_emulator.http1 import Request, Response
from local_emulator.invocation import Outcome
from local_emulator.observer import Ended

_ENTRY_BYTES = 300
"""About what an entry holds beside its texts."""
_TRAFFIC = {"entries": 2000, "size": 8 * 1024 * 1024}
_INVOCATIONS = {"entries": 500, "size": 16 * 1024 * 1024}


@dataclass(eq=False, slots=True, kw_only=True)
class Traffic(Entry):
    """Something that happened on a connection."""

    at: float
    """Seconds since the epoch."""
    kind: Literal["connect", "in", "out", "disconnect", "refuse"]
    info: ConnectionInfo
    text: str = ""
    """A frame's, or the reason of an end."""
    route_key: str = ""
    status: int = 0
    """A close code, or the HTTP status of a refusal."""


@dataclass(eq=False, slots=True, kw_only=True)
class Invocation(Entry):
    """An invocation; it runs as long as it has no outcome."""

    at: float
    function: str
    request_id: str
    event: bytes
    outcome: Outcome | None = None
    init_ms: float = 0.0
    lines: Iterable[str] = ()


class Recorder:
    """An `Observer` that remembers. `on_change` hears of each entry when it comes and when it changes."""

    def __init__(self) -> None:
        self.traffic: Ring[Traffic] = Ring(**_TRAFFIC)
        self.invocations: Ring[Invocation] = Ring(**_INVOCATIONS)
        self.on_change: Callable[[Traffic | Invocation], None] | None = None

    def connected(self, info: ConnectionInfo) -> None:
        """A connection is open."""
        self._keep(Traffic(size=_ENTRY_BYTES, at=time.time(), kind="connect", info=info))

    def frame(self, info: ConnectionInfo, direction: Literal["in", "out"], text: str, route_key: str) -> None:
        """A message came or went."""
        self._keep(
            Traffic(
                size=_ENTRY_BYTES + len(text),
                at=time.time(),
                kind=direction,
                info=info,
                text=text,
                route_key=route_key,
            )
        )

    def disconnected(self, info: ConnectionInfo, code: int, reason: str) -> None:
        """A connection has ended."""
        self._keep(
            Traffic(size=_ENTRY_BYTES, at=time.time(), kind="disconnect", info=info, status=code, text=reason)
        )

    def refused(self, info: ConnectionInfo, status: int) -> None:
        """A client was not let in."""
        self._keep(Traffic(size=_ENTRY_BYTES, at=time.time(), kind="refuse", info=info, status=status))

    def answered(self, api: str, request: Request, response: Response) -> None:
        """Shown by the invocation that a request leads to."""

    def invocation(self, function: str, request_id: str, payload: bytes) -> Ended:
        """An invocation begins."""
        entry = Invocation(
            size=_ENTRY_BYTES + len(payload),
            at=time.time(),
            function=function,
            request_id=request_id,
            event=payload,
        )
        self.invocations.append(entry)
        if self.on_change is not None:
            self.on_change(entry)
        return partial(self._ended, entry)

    def clear(self) -> None:
        """Forgets what was kept so far."""
        self.traffic.clear()
        self.invocations.clear()

    def _ended(self, entry: Invocation, outcome: Outcome, init_ms: float, lines: Iterable[str]) -> None:
        entry.outcome, entry.init_ms, entry.lines = outcome, init_ms, lines
        self.invocations.grow(entry, len(outcome.payload) + sum(map(len, lines)))
        if self.on_change is not None:
            self.on_change(entry)

    def _keep(self, entry: Traffic) -> None:
        self.traffic.append(entry)
        if self.on_change is not None:
            self.on_change(entry)
