"""A record of what clients sent and got, on file: a JSON object a line, in the order in which it happened.

    {"at": 1795435200.123, "kind": "http", "api": "HttpApi", "method": "GET", "target": "/items?limit=1",
     "requestHeaders": [["accept", "*/*"]], "requestBody": "", "status": 200, "headers": [["content-type", …]],
     "body": "…"}
    {"at": …, "kind": "connect", "api": "WebSocketApi", "connectionId": "…"}
    {"at": …, "kind": "in", "api": …, "connectionId": …, "routeKey": "$default", "text": "…"}
    {"at": …, "kind": "out", "api": …, "connectionId": …, "text": "…"}
    {"at": …, "kind": "disconnect", "api": …, "connectionId": …, "status": 1000, "reason": ""}
    {"at": …, "kind": "refuse", "api": …, "connectionId": …, "status": 403}

`at` is in seconds since the epoch. A body is whole; one that is not UTF-8 is `requestBodyBase64` or `bodyBase64`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from local_emulator.errors import StartError
from local_emulator.observer import Nobody

if TYPE_CHECKING:
    from local_emulator.gateway.websocket.events import ConnectionInfo
    from local_emulator.http1 import Request, Response

logger = logging.getLogger(__name__)

_BATCH_SECONDS = 0.05


class Journal(Nobody):
    """An `Observer` that writes down what it is told, some milliseconds later; invocations are the log's business."""

    def __init__(self, path: Path) -> None:
        """Begins the file anew. To be used on the event loop.

        Raises:
            StartError: it cannot be written.
        """
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise StartError(f"cannot record into {path}: {error.strerror}") from error
        self._waiting: list[Callable[[], dict[str, Any]]] = []

    def connected(self, info: ConnectionInfo) -> None:
        """A connection is open."""
        self._socket("connect", info)

    def frame(self, info: ConnectionInfo, direction: Literal["in", "out"], text: str, route_key: str) -> None:
        """A message came or went."""
        self._socket(direction, info, **({"routeKey": route_key} if direction == "in" else {}), text=text)

    def disconnected(self, info: ConnectionInfo, code: int, reason: str) -> None:
        """A connection has ended."""
        self._socket("disconnect", info, status=code, reason=reason)

    def refused(self, info: ConnectionInfo, status: int) -> None:
        """A client was not let in."""
        self._socket("refuse", info, status=status)

    def answered(self, api: str, request: Request, response: Response) -> None:
        """A request got its answer."""
        at = time.time()
        self._keep(lambda: _exchange(at, api, request, response))

    def close(self) -> None:
        """Writes what waits, and no more."""
        self._write()
        self._file.close()

    def _socket(self, kind: str, info: ConnectionInfo, **more: Any) -> None:
        at = time.time()
        identity = {"api": info.api.logical_id, "connectionId": info.connection_id}
        self._keep(lambda: {"at": at, "kind": kind, **identity, **more})

    def _keep(self, entry: Callable[[], dict[str, Any]]) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(_BATCH_SECONDS, self._write)
        self._waiting.append(entry)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._file.closed:
            return
        try:
            self._file.writelines(json.dumps(entry(), ensure_ascii=False) + "\n" for entry in waiting)
            self._file.flush()
        except OSError as error:
            logger.error("the record misses %d lines: %s", len(waiting), error)


def _exchange(at: float, api: str, request: Request, response: Response) -> dict[str, Any]:
    return {
        "at": at,
        "kind": "http",
        "api": api,
        "method": request.method,
        "target": request.target,
        "requestHeaders": request.headers,
        **_body("requestBody", request.body),
        "status": response.status,
        "headers": list(response.headers),
        **_body("body", response.body),
    }


def _body(name: str, body: bytes) -> dict[str, str]:
    try:
        return {name: body.decode()}
    except UnicodeDecodeError:
        return {f"{name}Base64": base64.b64encode(body).decode()}
