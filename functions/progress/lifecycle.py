"""How a job is launched, finished and cancelled: each step is won by one caller, whoever tries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from progress.connections import Connections
from progress.job import Job, Status, hash_request
from progress.jobs import JobExistsError, Jobs
from progress.log import logger
from progress.queues import Queues, WatchMessage
from progress.stream import Stream

_ATTEMPTS = 5


class JobConflictError(Exception):
    """The job id was used before, for something else or by somebody else."""


class Lifecycle:
    """Joins the record, the queues and the stream."""

    def __init__(
        self,
        jobs: Jobs,
        connections: Connections,
        stream: Stream,
        queues: Queues,
        *,
        ready_timeout_seconds: int,
    ) -> None:
        self._jobs = jobs
        self._connections = connections
        self._stream = stream
        self._queues = queues
        self._ready_timeout_seconds = ready_timeout_seconds

    def start(
        self,
        job_id: str,
        *,
        kind: str,
        items: list[dict[str, Any]],
        owner: str,
        traceparent: str | None,
        rejected: Sequence[Mapping[str, Any]] = (),
        unfolds: bool = False,
    ) -> Job:
        """Records a job, once: the same request again returns the same job.

        Each item has a `workId`, whatever its worker wants, and perhaps `kept`: what goes into its row of the results,
        whatever comes of it. `rejected` is what the request held beside, with the reasons. A job that `unfolds` is
        given one item, in place of those that its worker will find.

        Everything that the job needs is stored before the one write that makes it be, so a start that dies half-way
        leaves no job and can be repeated. It is launched here if somebody watches already, else by its first
        watcher or by its watch message.

        Raises:
            JobConflictError: the id is taken by another request.
        """
        request_hash = hash_request(kind, items, rejected)
        existing = self._jobs.get(job_id)
        if existing is None:
            try:
                self._jobs.store_input(job_id, request_hash, items, rejected)
                watch = WatchMessage(job_id=job_id, traceparent=traceparent)
                self._queues.send_watch(watch, delay_seconds=self._ready_timeout_seconds)
                job = self._jobs.create(
                    job_id,
                    kind=kind,
                    total_items=len(items),
                    request_hash=request_hash,
                    owner=owner,
                    traceparent=traceparent,
                    unfolds=unfolds,
                )
            except JobExistsError as taken:
                existing = taken.job
        if existing is not None:
            if existing.request_hash != request_hash or existing.owner != owner:
                raise JobConflictError(job_id)
            job = existing
        if job.status is Status.WAITING and self._connections.watchers(job_id, owner=owner):
            self.launch(job_id)
        return job

    def launch(self, job_id: str) -> None:
        """Sends a waiting job's chunks; does nothing for any other."""
        job = self._jobs.launch(job_id)
        if job is not None:
            logger.info("Job launched", extra={"items": job.total_items, "chunks": job.chunks})
            self.dispatch(job, range(job.chunks))

    def dispatch(self, job: Job, chunks: Sequence[int]) -> None:
        """Sends the chunks that a job's last step asks for, and then writes that it did: who dies before is found by
        the watchdog, which sends them again."""
        self._queues.send_chunks(job, chunks)
        self._jobs.mark_dispatched(job)

    def finish_if_done(self, job: Job) -> bool:
        """Ends a job whose items are all counted. Returns whether they are."""
        if job.unfolds:
            return False
        totals = self._jobs.totals(job.job_id)
        if totals.processed < job.total_items:
            return False
        text = f"Finished {totals.processed} of {job.total_items}"
        if totals.failed:
            text += f", {totals.failed} failed"
        self._announce(self._jobs.finish(job.job_id, Status.COMPLETED, totals, text=text))
        return True

    def fail(self, job: Job, *, error: str) -> bool:
        """Ends a job that cannot go on. Returns whether it did: one that was to unfold, and has since, goes on."""
        return self._end_early(job, Status.FAILED, text="Failed", error=error) is not None

    def cancel(self, job: Job) -> Job:
        """Ends a job because somebody asked. A job that has ended stays as it is. Returns it as it then stands."""
        for _ in range(_ATTEMPTS):
            if job.status.terminal:
                return job
            ended = self._end_early(job, Status.CANCELLED, text="Cancelled")
            if ended is not None:
                return ended
            job = self._jobs.get(job.job_id) or job
        raise RuntimeError(f"job {job.job_id} changed {_ATTEMPTS} times while it was being cancelled")

    def _end_early(self, job: Job, status: Status, *, text: str, error: str | None = None) -> Job | None:
        """Before all items are counted. The record says which are: workers may still be counting others."""
        counted = self._jobs.counted(job.job_id)
        ended = self._jobs.finish(
            job.job_id,
            status,
            counted.totals,
            counted=counted.items,
            text=text,
            error=error,
            if_unfolds=status is Status.FAILED and job.unfolds,
        )
        return self._announce(ended)

    def _announce(self, ended: Job | None) -> Job | None:
        if ended is not None:
            logger.info("Job ended", extra={"status": ended.status.value, "processed": ended.processed_items})
            self._stream.announce(ended)
        return ended
