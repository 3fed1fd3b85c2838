"""Looks after a job from its start to its end, so that none waits for ever and none is left running.

A job's watch message comes back every `watch_seconds`, found by nobody's scan. It launches a job that no client
came for, sends the chunks that whoever launched it did not live to send, shows what no worker showed, and ends a job
whose last worker died before it could.

A job that only waits in its queue is not failed for that, but says so; after `waiting_seconds` it fails all the same. A
chunk that a worker took longer than `stalled_after_seconds` ago, and did not finish, is sent again, and after
`redispatches` vain times the job fails. So, counted from the last sign of life, a job has ended after at most

    (redispatches + 1) * (stalled_after_seconds + watch_seconds)         where workers take its chunks and die
    stalled_after_seconds + waiting_seconds + 2 * watch_seconds          where no worker takes them any more

unless SQS brings a dead worker's message back, which is a sign of life: that happens `chunk_receives` times, each after
the queue's visibility time-out, and then the dead-letter queue's consumer gives the chunk up.
"""

from __future__ import annotations

from collections.abc import Sequence

from progress.clock import Clock, now_ms
from progress.job import Job, Status
from progress.jobs import Jobs
from progress.lifecycle import Lifecycle
from progress.log import logger
from progress.queues import Queues, WatchMessage
from progress.settings import Settings
from progress.standing import Chunk, ChunkState, totals
from progress.stream import Stream

_ANNOUNCING_SECONDS = 10
"""What an announcement may take: its frames are posted to all watchers, and tried again where those are slow."""
_DISPATCHING_SECONDS = 10
"""What the sending of a job's chunks may take: 400 of them in 40 requests."""
_LOOKS_FOR_A_JOB = 3
"""The message is sent just before the job is written: it may come first, if the writer is slow."""
_WAITING_TEXT = "Waiting for a free worker"


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
        elif not self._lifecycle.finish_if_done(job):
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
        now = self._clock()
        chunks = self._jobs.chunks(job)
        counted = totals(chunks)
        if counted.processed > job.processed_items:
            emission = self._stream.show(
                job, counted, text=job.current_status, work_id=job.current_work_id, window_ms=0
            )
            job = emission.shown or job
        if not job.dispatched and now - job.watched_at < _DISPATCHING_SECONDS * 1000:
            # Whoever launched or unfolded it may be about to send its chunks.
            return
        stalled_after_ms = self._settings.stalled_after_seconds * 1000
        states = {chunk.number: chunk.state(now, stalled_after_ms=stalled_after_ms) for chunk in chunks}
        by_state = {
            state: [chunk for chunk in chunks if states[chunk.number] is state] for state in ChunkState
        }
        if not job.dispatched:
            self._dispatch(job, by_state[ChunkState.WAITING])
        if by_state[ChunkState.STALLED]:
            self._revive(job, by_state[ChunkState.STALLED])
        elif (
            by_state[ChunkState.AT_WORK]
            or by_state[ChunkState.PUT_OFF]
            or counted.processed > job.watched_items
        ):
            self._jobs.note_life(job, counted)
        else:
            self._look_at_waiting(job, now)

    def _dispatch(self, job: Job, chunks: Sequence[Chunk]) -> None:
        logger.warning(
            "Whoever launched this job did not live to send its chunks", extra={"chunks": len(chunks)}
        )
        self._lifecycle.dispatch(job, [chunk.number for chunk in chunks])

    def _look_at_waiting(self, job: Job, now: int) -> None:
        limit = self._settings.waiting_seconds
        if now - job.watched_at > limit * 1000:
            self._lifecycle.fail(job, error=f"No worker was free for it within {_spoken(limit)}")
        elif job.current_status != _WAITING_TEXT:
            counted = self._jobs.totals(job.job_id)
            self._stream.show(job, counted, text=_WAITING_TEXT, work_id=None, window_ms=0)

    def _revive(self, job: Job, stalled: Sequence[Chunk]) -> None:
        if job.redispatched >= self._settings.redispatches:
            waited = self._settings.stalled_after_seconds * (job.redispatched + 1)
            self._lifecycle.fail(
                job, error=f"No progress for {_spoken(waited)}, though the work was sent again"
            )
            return
        if self._jobs.note_redispatch(job) is not None:
            logger.warning("Chunks stalled: sending them again", extra={"chunks": len(stalled)})
            for chunk in stalled:
                self._jobs.release(job, chunk)
            self._queues.send_chunks(job, [chunk.number for chunk in stalled])


def _spoken(seconds: int) -> str:
    """A length of time for people: "6 hours"."""
    for size, unit in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} seconds"
