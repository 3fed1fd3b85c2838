"""Coalesces a worker's progress into few frames, beside the work and never in its way.

The first change is shown at once and the last one when the window has passed (leading and trailing edge). Several
workers share a job, and one frame in a window shows what all of them counted. Whoever showed the last one goes on when
the window has passed; the others come a little later, see that it was done, and leave it at that. So the sum over all
chunks, the dearest reading there is, is made once in a window and not by each of them. Each also looks once a second
whether there is something that none has shown: what a worker counted just before it was done, too early after
another's frame. docs/decisions/0013 tells more.
"""

from __future__ import annotations

import random
import threading
import time
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from progress.clock import now_ms
from progress.job import ItemResult, Job, Totals
from progress.jobs import Jobs
from progress.log import logger
from progress.stream import Stream

_LOOK_SECONDS = 1.0
_STAND_BY = (0.1, 0.5)
"""How much of a window those who did not show the last frame give to the one who did, at least and at most."""
_SEEN_SECONDS = 2.0
"""No item is started where the job was seen to run longer ago than this, however busy the reporter is: a watcher's slow
connection may hold it up for seconds."""


class Reporter:
    """Runs beside the work on one chunk; a context manager."""

    def __init__(self, job: Job, jobs: Jobs, stream: Stream, *, window_ms: int) -> None:
        """`job` has just been read."""
        self._job = job
        self._jobs = jobs
        self._stream = stream
        self._window_ms = window_ms
        self._leads = not self._too_early()
        """Whether nobody else is known to show this job: it is tried without looking first."""
        self._changed = threading.Event()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._latest: tuple[ItemResult, str] | None = None
        self._thread = threading.Thread(target=self._run, name=f"reporter-{job.job_id[:8]}", daemon=True)
        self._stopped = threading.Event()
        self._seen = time.monotonic()

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

    def may_start(self) -> bool:
        """Whether another item may be started: whether the job was running `_SEEN_SECONDS` ago, or does now."""
        if not self._stopped.is_set() and time.monotonic() - self._seen > _SEEN_SECONDS:
            self._look()
        return not self._stopped.is_set()

    def flush(self, text: str | None = None) -> None:
        """Shows what is not shown yet, waiting for the window to pass: for a worker that goes while its job must
        wait (for a retry), so that nobody else would. `text` is shown in any case: what the job waits for."""
        for _ in range(2):
            if self._show(text):
                return
            time.sleep(self._window_ms / 1000)

    def _run(self) -> None:
        while not self._done.is_set():
            self._changed.wait(_LOOK_SECONDS)
            if self._done.is_set():
                return
            self._changed.clear()
            if not self._show():
                # Another worker's frame was just before: the trailing edge may be ours.
                self._changed.set()
            self._done.wait(self._pause())

    def _pause(self) -> float:
        """Seconds until a frame may be shown again, and until it is this worker's turn to try."""
        passed = max(0, now_ms() - self._job.last_emit_at)
        wait_ms: float = max(0, self._window_ms - passed)
        if not self._leads:
            wait_ms += random.uniform(*_STAND_BY) * self._window_ms  # noqa: S311 jitter
        return wait_ms / 1000

    def _too_early(self) -> bool:
        return 0 <= now_ms() - self._job.last_emit_at < self._window_ms

    def _show(self, text: str | None = None) -> bool:
        """Whether all that is counted has been shown, and `text` if there is one."""
        try:
            return self._try_to_show(text)
        except (ClientError, BotoCoreError):
            # Progress may be late, the work must not suffer; the end is announced elsewhere.
            logger.warning("Progress could not be shown", exc_info=True)
            self._leads = False
            return False

    def _try_to_show(self, text: str | None) -> bool:
        if not self._leads:
            self._look()
        if self._stopped.is_set():
            return True
        if self._too_early():
            return False
        began = time.monotonic()
        totals = self._jobs.totals(self._job.job_id)
        if text is None and totals.processed <= self._job.processed_items:
            self._look()
        else:
            label, work_id = (text, None) if text is not None else self._told(totals)
            emission = self._stream.show(
                self._job, totals, text=label, work_id=work_id, window_ms=self._window_ms
            )
            self._see(emission.job, began)
            self._leads = emission.committed
        return (
            self._leads
            or self._stopped.is_set()
            or (text is None and self._job.processed_items >= totals.processed)
        )

    def _look(self) -> None:
        began = time.monotonic()
        self._see(self._jobs.get(self._job.job_id), began)

    def _see(self, job: Job | None, began: float) -> None:
        """Takes note of how the job stands, as it was asked for at `began`."""
        if job is None or job.status.terminal:
            self._stopped.set()
        else:
            if job.last_emit_at > self._job.last_emit_at:
                # Somebody else has shown it meanwhile.
                self._leads = False
            self._job = job
            self._seen = began

    def _told(self, totals: Totals) -> tuple[str, str | None]:
        with self._lock:
            latest = self._latest
        if latest is None:
            return self._job.current_status, None
        result, work_id = latest
        if result.stage is None:
            return result.label, work_id
        return f"{result.stage} {totals.processed} of {self._job.total_items}: {result.label}", work_id
