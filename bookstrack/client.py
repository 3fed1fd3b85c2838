"""The whole API for most users: a client, and jobs that are iterated over and awaited."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from bookstrack.api_client import EnrichmentAPIClient, Work, parse_url
from bookstrack.coordinator import SyncCoordinator
from bookstrack.errors import InvalidUrlError
from bookstrack.types import JobResult, Update

SOCKET_PATH = "/ws/progress"


class Job:
    """A job that is being followed. Iterate over it for its states; `await job.result()` for its results."""

    def __init__(self, api: EnrichmentAPIClient, coordinator: SyncCoordinator) -> None:
        self._api = api
        self._coordinator = coordinator

    @property
    def job_id(self) -> str:
        """Its id: with it, any client can watch it later."""
        return self._coordinator.job_id

    @property
    def latest(self) -> Update | None:
        """The newest state that is known."""
        return self._coordinator.latest

    def __aiter__(self) -> AsyncIterator[Update]:
        """Each state that is newer than the one before, the last one terminal; see `SyncCoordinator.updates`."""
        return self._coordinator.updates()

    async def result(self) -> JobResult:
        """Waits for the job's end and reads its results.

        Raises:
            ProblemError, UnreachableError: as for the states.
        """
        async for _ in self:
            pass
        end = self.latest
        assert end is not None
        items = [item async for item in self._api.results(self.job_id)]
        return JobResult(
            job_id=self.job_id, status=end.status, items=tuple(items), total=end.total, error=end.error
        )

    async def cancel(self) -> None:
        """Cancels it; its last state comes to those who iterate."""
        await self._api.cancel(self.job_id)


class Client:
    """Made by `connect`."""

    def __init__(self, url: str, socket_url: str | None = None) -> None:
        self._api = EnrichmentAPIClient(url)
        self._socket_url = socket_url or _socket_url(self._api.url)
        self._coordinators: list[SyncCoordinator] = []

    async def enrich(self, works: Sequence[Work], *, job_id: str | None = None) -> Job:
        """Starts a job over works: Open Library ids, ISBNs, or `{workId, title?, author?, isbn?}`.

        Raises:
            ProblemError: the server refuses it, such as an empty list, more than 10,000 works, or a job id that was
                used before for others.
            UnreachableError: nobody answers.
        """
        coordinator = self._coordinator(job_id or str(uuid.uuid4()))
        await coordinator.start(works)
        return Job(self._api, coordinator)

    async def watch(self, job_id: str) -> Job:
        """Follows a job that was started before, by whomever.

        Raises:
            ProblemError: there is no such job.
            UnreachableError: nobody answers.
        """
        record = await self._api.get_job(job_id)
        coordinator = self._coordinator(job_id.lower())
        coordinator.follow_running(record.update)
        return Job(self._api, coordinator)

    async def cancel(self, job_id: str) -> Update:
        """Cancels a job; returns its state then.

        Raises:
            ProblemError: there is no such job.
            UnreachableError: nobody answers.
        """
        return await self._api.cancel(job_id)

    async def close(self) -> None:
        """Lets go of everything; jobs go on."""
        for coordinator in self._coordinators:
            await coordinator.close()
        await self._api.close()

    def _coordinator(self, job_id: str) -> SyncCoordinator:
        coordinator = SyncCoordinator(self._api, self._socket_url, job_id)
        self._coordinators.append(coordinator)
        return coordinator


@asynccontextmanager
async def connect(url: str, *, socket_url: str | None = None) -> AsyncIterator[Client]:
    """A client for the system at `url`. `socket_url` where the WebSocket API has an address of its own, as on AWS
    without a distribution: `wss://….amazonaws.com/prod`.

    Raises:
        InvalidUrlError: one of them is no URL.
    """
    if socket_url is not None and not socket_url.startswith(("ws://", "wss://")):
        raise InvalidUrlError(socket_url)
    client = Client(parse_url(url), socket_url)
    try:
        yield client
    finally:
        await client.close()


def _socket_url(url: str) -> str:
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + SOCKET_PATH, "", ""))
