"""The whole API for most users: a client, and jobs that are iterated over and awaited."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from bookstrack.api_client import EnrichmentAPIClient, Work
from bookstrack.coordinator import Starter, SyncCoordinator
from bookstrack.errors import InputError, InvalidUrlError
from bookstrack.files import MAX_BODY_BYTES, csv_of, photo_of
from bookstrack.job import Job, ScanJob
from bookstrack.socket_manager import WebSocketProgressManager
from bookstrack.transport import parse_url
from bookstrack.types import COMPACT, JSON, SCAN, JobStarted, Update

SOCKET_PATH = "/ws/progress"

_JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class Client:
    """Made by `connect`."""

    def __init__(self, url: str, socket_url: str | None = None, encoding: str = JSON) -> None:
        self._api = EnrichmentAPIClient(url)
        self._socket = WebSocketProgressManager(socket_url or _socket_url(self._api.url), encoding=encoding)
        self._coordinators: list[SyncCoordinator] = []

    async def enrich(self, works: Sequence[Work], *, job_id: str | None = None) -> Job:
        """Starts a job over works: Open Library ids, ISBNs, or `{workId, title?, author?, isbn?}`.

        Raises:
            InputError: `job_id` is no UUID; nothing was sent.
            ProblemError: the server refuses it, such as an empty list, more than 10,000 works, or a job id that was
                used before for others.
            UnreachableError: nobody answers.
        """
        return Job(self._api, *await self._start(partial(self._api.start_enrichment, works), job_id))

    async def import_csv(self, data: bytes | Path, *, job_id: str | None = None) -> Job:
        """Starts a job over the books of a CSV file: an export of Goodreads, StoryGraph or LibraryThing, or any table
        with a column of titles or ISBNs. `job.started.rejected` lists the rows that cannot be used.

        Raises:
            InputError: the file cannot be read, is empty, or larger than 5 MB, or `job_id` is no UUID; nothing was
                sent.
            ProblemError: the server refuses it, such as one in which no row can be used.
            UnreachableError: nobody answers.
        """
        csv = csv_of(data)
        return Job(self._api, *await self._start(partial(self._api.start_import, csv), job_id))

    async def scan(self, data: bytes | Path, *, job_id: str | None = None) -> ScanJob:
        """Starts the reading of a photo of a bookshelf: JPEG, PNG, WebP, or HEIC where the system reads it.

        Raises:
            InputError: the file cannot be read, is empty, or larger than 20 MB, or `job_id` is no UUID; nothing was
                sent.
            ProblemError: the server refuses it, such as one that is no photo.
            StorageError: it was too large for a request, and the storage refused it.
            UnreachableError: nobody answers.
        """
        photo = photo_of(data)
        if len(photo) > MAX_BODY_BYTES:
            # Uploaded before anybody listens: that may take longer than a socket stays open.
            key = await self._api.upload(photo)
            starter: Starter = partial(self._api.start_scan_of, key)
        else:
            starter = partial(self._api.start_scan, photo)
        return ScanJob(self._api, *await self._start(starter, job_id))

    async def watch(self, job_id: str) -> Job | ScanJob:
        """Follows a job that was started before, by whomever.

        Raises:
            ProblemError: there is no such job.
            UnreachableError: nobody answers.
        """
        record = await self._api.get_job(job_id)
        coordinator = self._coordinator(job_id.lower())
        coordinator.follow_running(record.update)
        total = record.update.total if record.update else 0
        started = JobStarted(job_id=coordinator.job_id, total=total, kind=record.kind)
        return (ScanJob if record.kind == SCAN else Job)(self._api, coordinator, started)

    async def cancel(self, job_id: str) -> Update:
        """Cancels a job; returns its state then.

        Raises:
            ProblemError: there is no such job.
            UnreachableError: nobody answers.
        """
        return await self._api.cancel(job_id)

    async def close(self) -> None:
        """Lets go of everything; jobs go on."""
        await asyncio.gather(*(coordinator.close() for coordinator in self._coordinators))
        await self._socket.close()
        await self._api.close()

    async def _start(self, starter: Starter, job_id: str | None) -> tuple[SyncCoordinator, JobStarted]:
        coordinator = self._coordinator(_checked(job_id) if job_id is not None else str(uuid.uuid4()))
        try:
            return coordinator, await coordinator.start(starter)
        except BaseException:
            self._coordinators.remove(coordinator)
            await coordinator.close()
            raise

    def _coordinator(self, job_id: str) -> SyncCoordinator:
        coordinator = SyncCoordinator(self._api, self._socket, job_id)
        self._coordinators.append(coordinator)
        return coordinator


@asynccontextmanager
async def connect(url: str, *, socket_url: str | None = None, encoding: str = JSON) -> AsyncIterator[Client]:
    """A client for the system at `url`; all its jobs share one socket.

    `socket_url` where the WebSocket API has an address of its own, as on AWS without a distribution:
    `wss://….amazonaws.com/prod`. `encoding="compact"` for states in fewer bytes, without `current_work_id` and
    `timestamp`.

    Raises:
        InvalidUrlError: one of them is no URL.
        InputError: there is no such encoding.
    """
    if encoding not in (JSON, COMPACT):
        raise InputError(f"{encoding!r} is no encoding: {JSON!r} or {COMPACT!r} is wanted")
    if socket_url is not None and not socket_url.startswith(("ws://", "wss://")):
        raise InvalidUrlError(socket_url)
    client = Client(parse_url(url), socket_url, encoding)
    try:
        yield client
    finally:
        await client.close()


def _checked(job_id: str) -> str:
    if not _JOB_ID.fullmatch(job_id):
        raise InputError(
            f"{job_id!r} is no job id: a UUID is wanted, such as {uuid.uuid4()}; without one, one is made"
        )
    return job_id.lower()


def _socket_url(url: str) -> str:
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + SOCKET_PATH, "", ""))
