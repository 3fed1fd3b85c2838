"""Shows a job to those who watch it: commits a state, then posts it.

Why nothing is missed between connecting and listening. A subscriber writes its connection row (S1), then counts
itself in the job's `watchers` and, in that one atomic step, reads the job's state (S2). A publisher commits a state
to the job (P1), which returns `watchers`, and reads the connection rows again whenever that number is not the one
that its list was read at (P2). S2 and P1 change the same row, so one is first: if S2, the publisher sees the new
number and S1's row; if P1, the subscriber's answer has the state. A subscription to a job that does not exist
yet is found by the list's first reading, which comes after the job was created.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from progress import protocol
from progress.clock import Clock, now_ms
from progress.connections import Connection, Connections
from progress.job import Job, Totals
from progress.jobs import Emission, Jobs
from progress.log import logger, metrics
from progress.push import Pusher

_ORDER_GRACE_MS = 50
"""A terminal frame waits until the frame before it is this old: another worker may still be posting that one,
and posts of two senders may overtake each other."""


class Stream:
    """The frames of jobs. One for an invocation's work: it remembers who watches."""

    def __init__(
        self,
        jobs: Jobs,
        connections: Connections,
        pusher: Pusher,
        *,
        clock: Clock = now_ms,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._jobs = jobs
        self._connections = connections
        self._pusher = pusher
        self._clock = clock
        self._sleep = sleep
        self._watchers: dict[str, tuple[int, list[Connection]]] = {}

    def show(self, job: Job, totals: Totals, *, text: str, work_id: str | None, window_ms: int) -> Emission:
        """Commits a running job's new state and, unless that was refused (see `Jobs.emit`), posts it."""
        emission = self._jobs.emit(job.job_id, totals, text=text, work_id=work_id, window_ms=window_ms)
        if emission.shown is not None:
            self._post_state(emission.shown)
        return emission

    def unfold(self, job: Job, items: Sequence[Mapping[str, Any]], *, text: str) -> Job | None:
        """Commits what a job turned out to be made of and posts it; None where that was refused (see `Jobs.unfold`)."""
        unfolded = self._jobs.unfold(job, items, text=text)
        if unfolded is not None:
            self._post_state(unfolded)
        return unfolded

    def announce(self, job: Job) -> None:
        """Posts the terminal frame of a job that has ended, and remembers that it did."""
        early = job.last_emit_at + _ORDER_GRACE_MS - self._clock()
        if 0 < early <= _ORDER_GRACE_MS:
            self._sleep(early / 1000)
        self._post(job, protocol.terminal_frames(job, self._clock()), must_arrive=True)
        self._jobs.mark_announced(job.job_id)

    def reply(self, connection: Connection, *frames: protocol.ServerFrame) -> None:
        """Answers one connection."""
        self._pusher.push([(connection, [protocol.encode(frame) for frame in frames])], must_arrive=True)

    def _post_state(self, job: Job) -> None:
        self._post(job, [protocol.state_frame(job, self._clock())], must_arrive=False)

    def _post(self, job: Job, frames: Sequence[protocol.JobFrame], *, must_arrive: bool) -> None:
        full = [protocol.encode(frame) for frame in frames]
        delivery = self._pusher.push(
            [(watcher, _compact(job, watcher) or full) for watcher in self._watching(job)],
            must_arrive=must_arrive,
        )
        metrics.add_metric("FramesSent", MetricUnit.Count, delivery.sent)
        if delivery.gone or delivery.dropped:
            metrics.add_metric("ConnectionsGone", MetricUnit.Count, delivery.gone)
            metrics.add_metric("FramesDropped", MetricUnit.Count, delivery.dropped)
            logger.info(
                "Some watchers missed a frame", extra={"gone": delivery.gone, "dropped": delivery.dropped}
            )
            # A list with dead connections in it is not worth keeping.
            self._watchers.pop(job.job_id, None)

    def _watching(self, job: Job) -> list[Connection]:
        known = self._watchers.get(job.job_id)
        if known is None or known[0] != job.watchers:
            known = (job.watchers, self._connections.watchers(job.job_id, owner=job.owner))
            self._watchers[job.job_id] = known
        return known[1]


def _compact(job: Job, watcher: Connection) -> list[bytes] | None:
    if watcher.compact_as is None:
        return None
    return [protocol.encode(protocol.compact_frame(job, watcher.compact_as))]
