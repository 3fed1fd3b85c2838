"""Tells open pages what happens. What comes within a moment goes out as one message, made once for all pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

from local_emulator.console import views
from local_emulator.console.recorder import Invocation, Recorder, Traffic
from local_emulator.gateway.websocket.connections import Connection
from local_emulator.gateway.websocket.socket import WebSocket
from local_emulator.http1 import Request

_MOMENT_SECONDS = 0.05
_MOST_CHANGES = 1000
"""After a busier moment a page starts over."""
_FIRST_TRAFFIC = 500
_FIRST_INVOCATIONS = 200
_MOST_CONNECTIONS = 500


class _Page:
    """One open page: a WebSocket that only listens."""

    def __init__(self, feed: Feed, socket: WebSocket) -> None:
        self._feed = feed
        self.socket = socket
        self.behind = False

    def message_received(self, text: str) -> None:
        """The page has nothing to say here."""

    def closed(self, code: int, reason: str) -> None:
        self._feed.forget(self)


class Feed:
    """The WebSocket at `/_console/events`.

    A page first gets `{"type": "snapshot", …}` and then, for as long as it reads, `{"type": "change", …}`. One that
    falls behind gets a new snapshot when it has caught up.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        application: Callable[[], dict[str, Any]],
        connections: Callable[[], Iterable[Connection]],
    ) -> None:
        self._recorder = recorder
        self._application = application
        self._connections = connections
        self._pages: set[_Page] = set()
        self._changed: dict[Traffic | Invocation, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def open(self, request: Request, transport: asyncio.Transport, rest: bytes) -> None:
        """Takes over the connection of a page."""
        socket = WebSocket(request, rest)
        socket.attach(transport)
        if not socket.valid:
            socket.refuse_invalid()
            return
        page = _Page(self, socket)
        self._pages.add(page)
        self._recorder.on_change = self._hear
        socket.accept(None)
        socket.listen(page)
        if socket.open:
            socket.send(self._snapshot())

    def forget(self, page: _Page) -> None:
        """A page is closed; with the last one, nothing is collected any more."""
        self._pages.discard(page)
        if not self._pages:
            self._recorder.on_change = None
            self._changed.clear()

    def renew(self) -> None:
        """Everything may have changed: pages start over."""
        for page in self._pages:
            page.behind = True
        self._flush_soon()

    def stop(self) -> None:
        """Closes the pages' connections."""
        if self._timer is not None:
            self._timer.cancel()
        for page in list(self._pages):
            page.socket.close(1001, "The emulator has stopped")

    def _hear(self, entry: Traffic | Invocation) -> None:
        self._changed[entry] = None
        if len(self._changed) > _MOST_CHANGES:
            self._changed.clear()
            self.renew()
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._timer is None and self._pages:
            self._timer = asyncio.get_running_loop().call_later(_MOMENT_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        change = self._change()
        for page in list(self._pages):
            if not page.socket.open:
                continue
            if page.socket.congested:
                page.behind = True
                self._flush_soon()
            elif page.behind:
                page.behind = False
                page.socket.send(self._snapshot())
            else:
                page.socket.send(change)

    def _change(self) -> bytes:
        changed, self._changed = self._changed, {}
        return _message(
            "change",
            traffic=[views.traffic(entry) for entry in changed if isinstance(entry, Traffic)],
            invocations=[views.invocation(entry) for entry in changed if isinstance(entry, Invocation)],
            history=views.history(self._recorder),
        )

    def _snapshot(self) -> bytes:
        recorder = self._recorder
        return _message(
            "snapshot",
            application=self._application(),
            **views.connections(self._connections(), _MOST_CONNECTIONS),
            traffic=[views.traffic(entry) for entry in recorder.traffic.newest(_FIRST_TRAFFIC)],
            invocations=[
                views.invocation(entry) for entry in recorder.invocations.newest(_FIRST_INVOCATIONS)
            ],
            history=views.history(recorder),
        )


def _message(kind: str, **fields: Any) -> bytes:
    return json.dumps({"type": kind, **fields}, ensure_ascii=False).encode(errors="replace")
