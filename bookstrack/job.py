"""Jobs that are being followed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bookstrack.api_client import EnrichmentAPIClient
from bookstrack.coordinator import SyncCoordinator
from bookstrack.types import JobResult, JobStarted, ScanResult, Update


class FollowedJob:
    """What all jobs have. Iterate over one for its states."""

    def __init__(self, api: EnrichmentAPIClient, coordinator: SyncCoordinator, started: JobStarted) -> None:
        self._api = api
        self._coordinator = coordinator
        self.started = started
        """The answer to its start; of a job that was started before, what its record said."""

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

    async def cancel(self) -> None:
        """Cancels it; its last state comes to those who iterate."""
        await self._api.cancel(self.job_id)

    async def csv(self) -> bytes:
        """Waits for the job's end and reads its results as a CSV file, the rejected rows of an import among them.

        Raises:
            ProblemError, UnreachableError: as for the states.
        """
        await self._end()
        return await self._api.results_csv(self.job_id)

    async def _end(self) -> Update:
        async for _ in self:
            pass
        end = self.latest
        assert end is not None
        return end


class Job(FollowedJob):
    """An enrichment or an import; `await job.result()` for what came of its works."""

    async def result(self) -> JobResult:
        """Waits for the job's end and reads its results.

        Raises:
            ProblemError, UnreachableError: as for the states.
        """
        end = await self._end()
        pages = [page async for page in self._api.result_pages(self.job_id)]
        return JobResult(
            job_id=self.job_id,
            status=end.status,
            items=tuple(item for page in pages for item in page.items),
            total=end.total,
            error=end.error,
            kind=self.started.kind,
            rejected=tuple(row for page in pages for row in page.rejected),
        )


class ScanJob(FollowedJob):
    """A scan; `await job.result()` for the books on the photo."""

    async def result(self) -> ScanResult:
        """Waits for the job's end and reads what was found.

        Raises:
            ProblemError, UnreachableError: as for the states.
        """
        end = await self._end()
        books, suggestions = await self._api.scan_results(self.job_id)
        return ScanResult(
            job_id=self.job_id, status=end.status, books=books, suggestions=suggestions, error=end.error
        )
