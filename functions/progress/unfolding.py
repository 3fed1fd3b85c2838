"""Finds out what a job is made of, where its request could not tell: one long step, watched like all others.

While it lasts the job shows its stages, and every few seconds that it lives. It ends in one conditional write: the
job goes on over the items that were found, whoever else was looking.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from progress.attempts import Attempt, Ending, Outcome, RetryLaterError, come_again_in
from progress.chunks import Item
from progress.job import Job, Totals
from progress.jobs import Jobs
from progress.lifecycle import Lifecycle
from progress.log import logger
from progress.queues import ChunkMessage
from progress.stream import Stream

Tell = Callable[[str], None]
"""Shows what is being done now."""


class CannotUnfoldError(Exception):
    """There is nothing to be found in it, now or ever; the text says why, and fails the job."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What was found, and what to show of that."""

    items: Sequence[dict[str, Any]]
    text: str


Look = Callable[[Item, Tell], Contents]
"""Looks into the one item. Raises RetryLaterError or CannotUnfoldError."""

CleanUp = Callable[[Item], None]
"""Takes away what the one item needed."""


class Unfolder:
    """Joins the record, the stream and the lifecycle."""

    def __init__(
        self, jobs: Jobs, stream: Stream, lifecycle: Lifecycle, *, keep_alive_seconds: float
    ) -> None:
        self._jobs = jobs
        self._stream = stream
        self._lifecycle = lifecycle
        self._keep_alive_seconds = keep_alive_seconds

    def run(self, message: ChunkMessage, look: Look, clean_up: CleanUp, attempt: Attempt) -> Ending:
        """Unfolds the job, unless that is done; then it is ready to be worked on, chunk by chunk, and the chunks after
        the first have been sent.

        On the last attempt what fails in passing fails the job; what was found then is handed on, to have all attempts
        before it. `clean_up` follows when nobody need look any more.
        """
        job = self._jobs.get(message.job_id)
        if job is None or job.status.terminal:
            return Ending(outcome=Outcome.ENDED)
        if not job.unfolds:
            return Ending(outcome=Outcome.DONE)
        taken = self._jobs.take(job, 0)
        if not taken.items:
            # Just being done by another.
            return Ending(outcome=Outcome.DONE)
        item = taken.items[0]
        try:
            outcome = self._unfold(job, item, look, last_attempt=attempt.last)
        except RetryLaterError as later:
            logger.info("Unfolding put off", extra={"reason": str(later)})
            seconds = come_again_in(attempt.receives, at_least=later.after_seconds)
            self._jobs.leave(job, taken, after_seconds=seconds)
            text = f"{str(later).rstrip('.')}; trying again in {seconds} s"
            self._stream.show(job, Totals(), text=text, work_id=None, window_ms=0)
            return Ending(outcome=Outcome.RETRY, after_seconds=seconds)
        clean_up(item)
        if outcome is not Outcome.ENDED:
            # Whoever takes the chunk next finds it as if nobody had died over it.
            self._jobs.leave(job, taken, after_seconds=0)
        return Ending(outcome=outcome)

    def _unfold(self, job: Job, item: Item, look: Look, *, last_attempt: bool) -> Outcome:
        try:
            with _Stages(job, self._stream, self._keep_alive_seconds) as stages:
                contents = look(item, stages.tell)
        except CannotUnfoldError as error:
            return self._fail(job, error)
        except RetryLaterError as error:
            if not last_attempt:
                raise
            return self._fail(job, error)
        unfolded = self._stream.unfold(job, contents.items, text=contents.text)
        if unfolded is None:
            return Outcome.DONE
        logger.info("Job unfolded", extra={"items": unfolded.total_items})
        if not unfolded.dispatched:
            self._lifecycle.dispatch(unfolded, range(1, unfolded.chunks))
        return Outcome.HAND_ON if last_attempt else Outcome.DONE

    def _fail(self, job: Job, error: Exception) -> Outcome:
        """Unless somebody else, who was given the same message, has unfolded it: who comes second may find the photo
        taken away."""
        return Outcome.ENDED if self._lifecycle.fail(job, error=str(error)) else Outcome.DONE


class _Stages:
    """Shows a stage when it begins and, with the seconds it has taken, as long as it lasts."""

    def __init__(self, job: Job, stream: Stream, every_seconds: float) -> None:
        self._job = job
        self._stream = stream
        self._every_seconds = every_seconds
        self._text = ""
        self._began = 0.0
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"stages-{job.job_id[:8]}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def tell(self, text: str) -> None:
        with self._lock:
            self._text, self._began = text, time.monotonic()
            self._show(text)

    def _run(self) -> None:
        while not self._done.wait(self._every_seconds):
            with self._lock:
                if self._text:
                    self._show(f"{self._text} ({round(time.monotonic() - self._began)} s)")

    def _show(self, text: str) -> None:
        try:
            self._stream.show(self._job, Totals(), text=text, work_id=None, window_ms=0)
        except (ClientError, BotoCoreError):
            # As with progress: it may be late, the work must not suffer.
            logger.warning("A stage could not be shown", exc_info=True)
