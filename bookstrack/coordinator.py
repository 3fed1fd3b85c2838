"""Brings the two halves together: listens before it starts, follows, polls when the socket cannot be kept, and ends
only when the job's end is on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Protocol

from bookstrack.api_client import EnrichmentAPIClient
from bookstrack.errors import BooksTrackError
from bookstrack.polling import Poller
from bookstrack.socket_manager import WebSocketProgressManager
from bookstrack.timeline import Timeline
from bookstrack.types import JobStarted, Update

_LISTEN_SECONDS = 8.0
"""How long a start waits for the socket; the job is started without it then, and nothing is lost."""


class Starter(Protocol):
    """Starts a job under the id that it is given."""

    def __call__(self, *, job_id: str) -> Awaitable[JobStarted]: ...


class SyncCoordinator:
    """Follows one job to its end, on a socket that it shares with others."""

    def __init__(self, api: EnrichmentAPIClient, socket: WebSocketProgressManager, job_id: str) -> None:
        self.job_id = job_id
        self._socket = socket
        self._timeline = Timeline()
        self._queue: asyncio.Queue[Update | BooksTrackError] = asyncio.Queue()
        self._polling: asyncio.Task[None] | None = None
        self._over = False
        self._watch = socket.follow(job_id, self._tell)
        self._poller = Poller(api, self._watch)

    @property
    def latest(self) -> Update | None:
        """The newest state that is known."""
        return self._timeline.latest

    async def start(self, starter: Starter) -> JobStarted:
        """Waits until the socket listens, and only then starts the job.

        Raises:
            BooksTrackError: what `starter` raises, such as a ProblemError where the server refuses the job.
        """
        waiting = [
            asyncio.create_task(self._watch.listening.wait()),
            asyncio.create_task(self._watch.unserved.wait()),
        ]
        try:
            await asyncio.wait(waiting, timeout=_LISTEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        started = await starter(job_id=self.job_id)
        self._poll()
        return started

    def follow_running(self, known: Update | None) -> None:
        """Follows a job that was started before, and whose record was `known`."""
        if known is not None:
            self._tell(known)
        self._poll()

    async def close(self) -> None:
        """Stops; the job goes on."""
        self._stop()
        if self._polling is not None:
            with suppress(asyncio.CancelledError):
                await self._polling

    async def updates(self) -> AsyncIterator[Update]:
        """The job's states, each newer than the one before, the last one terminal. After an error it can be asked
        again, and goes on.

        Raises:
            ProblemError: the job's record is refused.
            UnreachableError, ProtocolError: neither socket nor record has answered for two minutes; the job may go on.
        """
        self._poll()
        while True:
            latest = self._timeline.latest
            if latest is not None and latest.terminal:
                return
            item = await self._queue.get()
            if isinstance(item, BooksTrackError):
                raise item
            if self._timeline.admit(item):
                yield item

    def _poll(self) -> None:
        if not self._over and (self._polling is None or self._polling.done()):
            self._polling = asyncio.create_task(self._ask_the_record())

    async def _ask_the_record(self) -> None:
        try:
            await self._poller.run(self._tell)
        except BooksTrackError as error:
            self._queue.put_nowait(error)

    def _tell(self, update: Update) -> None:
        self._queue.put_nowait(update)
        if update.terminal:
            self._stop()

    def _stop(self) -> None:
        self._over = True
        self._socket.unfollow(self._watch, self._tell)
        if self._polling is not None:
            self._polling.cancel()
