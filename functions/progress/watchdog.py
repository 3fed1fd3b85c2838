"""Looks after a job from its start to its end, so that none waits for ever and none is left running.

A job's watch message comes back every `watch_seconds`, found by nobody's scan. It launches a job that no client
came for, ends one whose last worker died before it could, shows what no worker showed, sends a stalled job's chunks
again and, after some vain attempts, fails it.
"""

from __future__ import annotations

from progress.clock import Clock, now_ms
from progress.job import Job, Status
from progress.jobs import Jobs
from progress.lifecycle import Lifecycle
from progress.log import logger
from progress.queues import Queues, WatchMessage
from progress.settings import Settings
from progress.stream import Stream

_ANNOUNCING_SECONDS = 10
"""What an announcement may take: its frames are posted to all watchers, and tried again where those are slow."""
_LOOKS_FOR_A_JOB = 3
"""The message is sent just before the job is written: it may come first, if the writer is slow."""


class Watchdog:
    """Joins the record, the lifecycle and the stream."""

    def __init__(
        self,
        jobs: Jobs,
        stream: Stream,
        lifecycle: Lifecycle,
        queues: Queues,
        settings: Settings,
        *,
        clock: Clock = now_ms,
    ) -> None:
        self._jobs = jobs
        self._stream = stream
        self._lifecycle = lifecycle
        self._queues = queues
        self._settings = settings
        self._clock = clock

    def look(self, message: WatchMessage, *, receives: int) -> int | None:
        """Does what a job needs now. Returns after how many seconds to look again, or None: never."""
        job = self._jobs.get(message.job_id)
        if job is None:
            return self._settings.ready_timeout_seconds if receives < _LOOKS_FOR_A_JOB else None
        if job.status.terminal:
            return self._look_at_ended(job)
        if job.status is Status.WAITING:
            self._lifecycle.launch(job.job_id)
        else:
            self._look_at_running(job)
        return self._settings.watch_seconds

    def _look_at_ended(self, job: Job) -> int | None:
        if job.announced:
            return None
        if self._clock() - (job.finished_at or 0) < _ANNOUNCING_SECONDS * 1000:
            # Whoever ended it may be about to.
            return _ANNOUNCING_SECONDS
        logger.warning("Whoever ended this job did not live to announce it")
        self._stream.announce(job)
        return None

    def _look_at_running(self, job: Job) -> None:
        if self._lifecycle.finish_if_done(job):
            return
        totals = self._jobs.totals(job.job_id)
        if totals.processed > job.processed_items:
            self._stream.show(job, totals, text=job.current_status, work_id=job.current_work_id, window_ms=0)
        if totals.processed > job.watched_items:
            self._jobs.note_progress(job, totals)
        elif self._clock() - job.watched_at > self._settings.stalled_after_seconds * 1000:
            self._revive(job)

    def _revive(self, job: Job) -> None:
        if job.redispatched >= self._settings.redispatches:
            minutes = round(self._settings.stalled_after_seconds * (job.redispatched + 1) / 60)
            self._lifecycle.fail(
                job, error=f"No progress for {minutes} minutes, though the work was sent again"
            )
            return
        if self._jobs.note_redispatch(job) is not None:
            chunks = self._jobs.unfinished_chunks(job)
            logger.warning("Job stalled: sending its chunks again", extra={"chunks": len(chunks)})
            self._queues.send_chunks(job, chunks)
