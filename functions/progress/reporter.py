"""Coalesces a worker's progress into few frames, beside the work and never in its way.

The first change is shown at once and the last one when the window has passed (leading and trailing edge). Since
several workers share a job, each also looks once a second whether there is something that none has shown: what a
worker counted just before it was done, too early after another's frame.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from progress.job import ItemResult, Job, Totals
from progress.jobs import Jobs
from progress.log import logger
from progress.stream import Stream

_LOOK_SECONDS = 1.0


class Reporter:
    """Runs beside the work on one chunk; a context manager.

    `stopped` is set as soon as the job is seen to have ended: no further item should be started.
    """

    def __init__(self, job: Job, jobs: Jobs, stream: Stream, *, window_ms: int) -> None:
        self._job = job
        self._jobs = jobs
        self._stream = stream
        self._window_ms = window_ms
        self._changed = threading.Event()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._latest: tuple[ItemResult, str] | None = None
        self._thread = threading.Thread(target=self._run, name=f"reporter-{job.job_id[:8]}", daemon=True)
        self.stopped = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._changed.set()
        self._thread.join()

    def item_done(self, result: ItemResult, work_id: str) -> None:
        """Tells that an item was counted. Returns at once."""
        with self._lock:
            self._latest = (result, work_id)
        self._changed.set()

    def flush(self) -> None:
        """Shows what is not shown yet, waiting for the window to pass: for a worker that goes while its job must
        wait (for a retry), so that nobody else would."""
        for _ in range(2):
            if self._show():
                return
            time.sleep(self._window_ms / 1000)

    def _run(self) -> None:
        while not self._done.is_set():
            self._changed.wait(_LOOK_SECONDS)
            if self._done.is_set():
                return
            self._changed.clear()
            if not self._show():
                # Another worker's frame was just before: the trailing edge is ours.
                self._changed.set()
            # Whoever won, nothing can be shown before the window has passed.
            self._done.wait(self._window_ms / 1000)

    def _show(self) -> bool:
        """Whether all that is counted has been shown."""
        try:
            return self._try_to_show()
        except (ClientError, BotoCoreError):
            # Progress may be late, the work must not suffer; the end is announced elsewhere.
            logger.warning("Progress could not be shown", exc_info=True)
            return False

    def _try_to_show(self) -> bool:
        totals = self._jobs.totals(self._job.job_id)
        if totals.processed > self._job.processed_items:
            text, work_id = self._told(totals)
            shown = self._stream.show(
                self._job, totals, text=text, work_id=work_id, window_ms=self._window_ms
            )
            if shown is not None:
                self._job = shown
                return True
        current = self._jobs.get(self._job.job_id)
        if current is None or current.status.terminal:
            self.stopped.set()
            return True
        self._job = current
        return current.processed_items >= totals.processed

    def _told(self, totals: Totals) -> tuple[str, str | None]:
        with self._lock:
            latest = self._latest
        if latest is None:
            return self._job.current_status, None
        result, work_id = latest
        if result.stage is None:
            return result.label, work_id
        return f"{result.stage} {totals.processed} of {self._job.total_items}: {result.label}", work_id
