"""Brings the two halves together: listens before it starts, follows, polls when the socket cannot be kept, and ends
only when the job's end is on record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Protocol

from bookstrack.api_client import EnrichmentAPIClient
from bookstrack.errors import BooksTrackError, UnreachableError
from bookstrack.socket_manager import SocketUnavailableError, WebSocketProgressManager
from bookstrack.timeline import Timeline
from bookstrack.types import JobStarted, Update

_LISTEN_SECONDS = 8.0
"""How long a start waits for the socket; the job is started without it then, and nothing is lost."""
_POLL_AFTER_SECONDS = 3.0
"""So long without a socket: the record is asked instead, until the socket is back."""
_GIVE_UP_SECONDS = 120.0
"""Neither socket nor record for so long: the caller is told."""

_QUIET_SECONDS = 15.0
"""An open socket that shows nothing for so long: the record is asked, in case the last frame was lost."""
_LOOK_SECONDS = 0.25

_Item = Update | BooksTrackError


class Starter(Protocol):
    """Starts a job under the id that it is given."""

    def __call__(self, *, job_id: str) -> Awaitable[JobStarted]: ...


class SyncCoordinator:
    """Follows one job to its end."""

    def __init__(self, api: EnrichmentAPIClient, socket_url: str, job_id: str) -> None:
        self.job_id = job_id
        self._api = api
        self._socket = WebSocketProgressManager(socket_url, job_id)
        self._timeline = Timeline()
        self._queue: asyncio.Queue[_Item] = asyncio.Queue()
        self._socket_gone = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._news_at = time.monotonic()

    @property
    def latest(self) -> Update | None:
        """The newest state that is known."""
        return self._timeline.latest

    async def start(self, starter: Starter) -> JobStarted:
        """Connects, says that it listens, and only then starts the job.

        Raises:
            BooksTrackError: what `starter` raises, such as a ProblemError where the server refuses the job.
        """
        self.follow()
        waiting = [
            asyncio.create_task(self._socket.listening.wait()),
            asyncio.create_task(self._socket_gone.wait()),
        ]
        try:
            await asyncio.wait(waiting, timeout=_LISTEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        started = await starter(job_id=self.job_id)
        self._tasks.append(asyncio.create_task(self._poll()))
        return started

    def follow(self) -> None:
        """Begins to listen."""
        self._tasks.append(asyncio.create_task(self._listen()))

    def follow_running(self, known: Update | None) -> None:
        """Begins to listen to a job that was started before, and whose record was `known`."""
        if known is not None:
            self._queue.put_nowait(known)
        self.follow()
        self._tasks.append(asyncio.create_task(self._poll()))

    async def close(self) -> None:
        """Stops; the job goes on."""
        self._stop()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def updates(self) -> AsyncIterator[Update]:
        """The job's states, each newer than the one before, the last one terminal.

        Raises:
            ProblemError: there is no such job.
            UnreachableError: nobody has answered for two minutes; the job may go on.
        """
        while True:
            latest = self._timeline.latest
            if latest is not None and latest.terminal:
                self._stop()
                return
            item = await self._queue.get()
            if isinstance(item, BooksTrackError):
                raise item
            if self._timeline.admit(item):
                yield item

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _listen(self) -> None:
        try:
            async for update in self._socket.updates():
                self._news_at = time.monotonic()
                self._queue.put_nowait(update)
        except SocketUnavailableError:
            self._socket_gone.set()

    async def _poll(self) -> None:
        """Asks the record whenever the socket has been gone for a while."""
        heard = time.monotonic()
        etag: str | None = None
        while True:
            now = time.monotonic()
            if self._socket.listening.is_set():
                heard = now
            if not self._should_poll(now):
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            try:
                record = await self._api.get_job(self.job_id, etag=etag)
            except UnreachableError as error:
                if now - heard > _GIVE_UP_SECONDS:
                    self._queue.put_nowait(error)
                    return
                continue
            except BooksTrackError as error:
                self._queue.put_nowait(error)
                return
            heard = self._news_at = now
            etag = record.etag
            if record.update is not None:
                self._queue.put_nowait(record.update)
            await asyncio.sleep(record.retry_after)

    def _should_poll(self, now: float) -> bool:
        if self._socket.listening.is_set():
            return now - self._news_at >= _QUIET_SECONDS
        return self._socket_gone.is_set() or now - self._socket.down_since >= _POLL_AFTER_SECONDS
