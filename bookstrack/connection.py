"""One WebSocket connection: frames out in their order, frames in, a heartbeat, and the news of its end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    SecurityError,
    WebSocketException,
)

from bookstrack.close_codes import Action, after_close, after_refusal
from bookstrack.compact import Aliases, Compact
from bookstrack.frames import Frame, ReadyAck, parse_frame
from bookstrack.retry_after import parse_retry_after

logger = logging.getLogger("bookstrack")

OPEN_SECONDS = 15.0
ACK_SECONDS = 15.0
"""So long without an answer to the first frame: the connection is of no use."""
SILENCE = 2.5
"""So many heartbeat intervals without a frame: the connection is dead, though nobody said so."""
_MAX_FRAME_BYTES = 1024 * 1024
_FLUSH_SECONDS = 1.0
_CLOSE_SECONDS = 2.0

LOST = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, WebSocketException)
"""What opening or hearing raises when a connection cannot be had or has ended."""


@dataclass(frozen=True)
class Loss:
    """How a connection was lost: what to do, and not before how many seconds."""

    action: Action
    wait: float = 0.0


def loss_of(error: Exception) -> Loss:
    """What one of `LOST` means."""
    match error:
        case InvalidStatus(response=response):
            wait = parse_retry_after(response.headers.get("retry-after"), time.time()) or 0.0
            return Loss(after_refusal(response.status_code), wait)
        case SecurityError() | InvalidURI():
            # A redirect to where we do not go.
            return Loss(after_refusal(302))
        case ConnectionClosed(rcvd=received):
            return Loss(after_close(received.code if received is not None else None))
        case _:
            return Loss(Action.RECONNECT)


class Connection:
    """A socket that is open. `run` hears it; whatever is sent goes out meanwhile."""

    def __init__(self, socket: ClientConnection, number: int, job_id: str) -> None:
        self.number = number
        """Later ones have higher numbers."""
        self.job_id = job_id
        """That its URL named."""
        self.leaving = asyncio.Event()
        """Set when the server has said that it will close it."""
        self._first_heard: float | None = None
        self._socket = socket
        self._aliases = Aliases()
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._silence = ACK_SECONDS
        self._interval = 0.0

    @classmethod
    async def open(cls, url: str, number: int, job_id: str) -> Connection:
        """Connects.

        Raises:
            One of `LOST`.
        """
        socket = await connect(
            url,
            open_timeout=OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            # The heartbeat is the application's: API Gateway does not show a client's pings to anybody.
            ping_interval=None,
            max_size=_MAX_FRAME_BYTES,
            compression=None,
        )
        return cls(socket, number, job_id)

    @property
    def useful_seconds(self) -> float:
        """How long ago its first frame came; 0 while there was none."""
        return time.monotonic() - self._first_heard if self._first_heard is not None else 0.0

    def send(self, frame: str) -> None:
        """Sends a frame after those before it; one that cannot be sent any more is dropped."""
        self._outbox.put_nowait(frame)

    async def run(self, hear: Callable[[Frame], None], beat: Callable[[], None]) -> None:
        """Gives each frame to `hear`, compact states as the updates that they stand for, and calls `beat` at each
        heartbeat; until the connection has ended.

        Raises:
            One of `LOST`, always; `hear` may raise a ConnectionError to end the connection.
        """
        tasks = [asyncio.create_task(self._write())]
        try:
            while True:
                async with asyncio.timeout(self._silence):
                    raw = await self._socket.recv()
                self._first_heard = self._first_heard or time.monotonic()
                try:
                    frame = parse_frame(raw)
                except ValueError as error:
                    logger.warning("a frame was ignored: %s", error)
                    continue
                if isinstance(frame, ReadyAck) and not self._interval:
                    self._interval = frame.heartbeat_seconds
                    self._silence = self._interval * SILENCE
                    tasks.append(asyncio.create_task(self._beat(beat)))
                for each in self._expanded(frame):
                    hear(each)
        except TimeoutError:
            # Nobody is there to say goodbye to.
            self._socket.transport.abort()
            raise
        except OSError:
            await self._socket.close()
            raise
        finally:
            for task in tasks:
                task.cancel()

    async def close(self) -> None:
        """Sends what is still to be sent, and says goodbye (1000)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_SECONDS):
                await self._outbox.join()
        await self._socket.close()

    def _expanded(self, frame: Frame | None) -> list[Frame]:
        match frame:
            case None:
                return []
            case Compact():
                read = self._aliases.read(frame)
                return [read] if read else []
            case ReadyAck(job_id=str(job_id), alias=int(alias)):
                read = self._aliases.learn(alias, job_id)
                return [frame, read] if read else [frame]
            case _:
                return [frame]

    async def _write(self) -> None:
        gone = False
        while True:
            frame = await self._outbox.get()
            try:
                if not gone:
                    await self._socket.send(frame)
            except ConnectionClosed:
                gone = True
            finally:
                self._outbox.task_done()

    async def _beat(self, beat: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(self._interval)
            beat()
