"""The WebSocket half: connects, says that it listens, reads states, keeps the connection alive, comes back when it
breaks."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from bookstrack.backoff import Backoff
from bookstrack.close_codes import Action, after_close, after_refusal
from bookstrack.frames import GoingAway, Problem, ReadyAck, parse_frame, ping_frame, ready_frame
from bookstrack.types import Update

logger = logging.getLogger("bookstrack")

_OPEN_SECONDS = 15.0
_ACK_SECONDS = 15.0
_SILENCE = 2.5
"""So many heartbeat intervals without a frame: the connection is dead, though nobody said so."""
_MAX_FRAME_BYTES = 1024 * 1024


class SocketUnavailableError(Exception):
    """The socket cannot be used for this job. `permanent` when trying again cannot help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class WebSocketProgressManager:
    """Follows one job over WebSockets, one after the other.

    `listening` is set while the server has acknowledged that we listen; `last_error` tells why it last was not.
    """

    def __init__(
        self,
        url: str,
        job_id: str,
        *,
        uniform: Callable[[float, float], float] = random.uniform,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`url` is the WebSocket API's, without a query: `ws://localhost:3000/ws/progress`."""
        self._url = f"{url}?{urlencode({'jobId': job_id})}"
        self._backoff = Backoff(uniform)
        self._clock = clock
        self._latest: int | None = None
        self.listening = asyncio.Event()
        self.last_error: Exception | None = None
        self.down_since = time.monotonic()
        """On the monotonic clock: since when nothing is heard; of no meaning while `listening`."""

    async def updates(self) -> AsyncIterator[Update]:
        """Every state that comes, over as many connections as it takes. Ends with its consumer.

        Raises:
            SocketUnavailableError: a socket will not do; the job may go on all the same.
        """
        while True:
            opened = time.monotonic()
            action = Action.RECONNECT
            try:
                async with self._connection() as socket:
                    async for update in self._read(socket):
                        yield update
                action = Action.RECONNECT_SOON
            except InvalidStatus as refused:
                action = self._failed(refused, after_refusal(refused.response.status_code))
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else None
                action = self._failed(closed, after_close(code))
            except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
                action = self._failed(error, Action.RECONNECT)
            if action in (Action.POLL, Action.FAIL):
                raise SocketUnavailableError(str(self.last_error), permanent=action is Action.FAIL)
            self._backoff.connection_ended(time.monotonic() - opened)
            await asyncio.sleep(self._backoff.next_delay(soon=action is Action.RECONNECT_SOON))

    def _failed(self, error: Exception, action: Action) -> Action:
        self.last_error = error
        logger.debug("socket: %s; %s", error, action.name)
        return action

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[ClientConnection]:
        async with connect(
            self._url,
            open_timeout=_OPEN_SECONDS,
            close_timeout=2,
            # The heartbeat is the application's: API Gateway does not show a client's pings to anybody.
            ping_interval=None,
            max_size=_MAX_FRAME_BYTES,
            compression=None,
        ) as socket:
            try:
                yield socket
            finally:
                if self.listening.is_set():
                    self.listening.clear()
                    self.down_since = time.monotonic()
                # Said by ourselves: left to the exception that got us here, it would be an error of ours (1011).
                await socket.close()

    async def _read(self, socket: ClientConnection) -> AsyncIterator[Update]:
        """The updates of one connection, until it is going away."""
        await socket.send(ready_frame(self._now_ms(), self._latest))
        silence = _ACK_SECONDS
        heart: asyncio.Task[None] | None = None
        try:
            while True:
                async with asyncio.timeout(silence):
                    text = await socket.recv()
                try:
                    frame = parse_frame(text)
                except ValueError as error:
                    logger.warning("a frame was ignored: %s", error)
                    continue
                match frame:
                    case ReadyAck(heartbeat_seconds=interval):
                        self.listening.set()
                        silence = interval * _SILENCE
                        heart = heart or asyncio.create_task(self._beat(socket, interval))
                    case GoingAway():
                        return
                    case Problem(detail=detail):
                        logger.warning("the server has a problem with a frame of ours: %s", detail)
                        if not self.listening.is_set():
                            raise ConnectionError(f"the server did not take our ready: {detail}")
                    case Update() as update:
                        # A server without acknowledgements shows by its first state that it knows us.
                        self.listening.set()
                        self._latest = max(self._latest or 0, update.seq)
                        yield update
                    case _:
                        pass
        finally:
            if heart is not None:
                heart.cancel()

    async def _beat(self, socket: ClientConnection, interval: float) -> None:
        try:
            while True:
                await asyncio.sleep(interval)
                await socket.send(ping_frame(self._now_ms()))
        except ConnectionClosed:
            return

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)
