"""Works through a chunk of items: side by side, each counted once, the end noticed by whoever comes last.

Where the worker before died over a chunk, one of its items may be what killed it. Then the next goes through them one
by one, from the back, and the one after that from the front: whatever stands on either side of a deadly item is
counted, and when the message is given up that item alone fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from progress.attempts import Attempt, Ending, Outcome, RetryLaterError, come_again_in
from progress.counting import Taken
from progress.job import ItemResult, ItemStatus, Job
from progress.jobs import Jobs
from progress.lifecycle import Lifecycle
from progress.log import logger, metrics
from progress.outages import is_outage
from progress.queues import ChunkMessage
from progress.reporter import Reporter
from progress.stream import Stream

_DEADLINE_MARGIN_MS = 30_000
"""No item is started with less time left, longer than the slowest item and its bookkeeping; where a worker has less
than twice that, half of what it has."""

Item = Mapping[str, Any]
Process = Callable[[Item], ItemResult]
"""Works on one item. Raises RetryLaterError when it may come out otherwise in a while."""
Prepare = Callable[[Collection[Item]], AbstractContextManager[Process]]
"""Is shown the items that a chunk has left; what it gives works on each of them."""


def each(process: Process) -> Prepare:
    """For items that have nothing in common: no preparation."""
    return lambda _: nullcontext(process)


class ChunkWorker:
    """Joins the record, the stream and the lifecycle for the worker functions."""

    def __init__(
        self,
        jobs: Jobs,
        stream: Stream,
        lifecycle: Lifecycle,
        *,
        concurrency: int,
        window_ms: int,
        vain_limit: int,
    ) -> None:
        """`vain_limit` is how often a chunk may be handed on without one item counted."""
        self._jobs = jobs
        self._stream = stream
        self._lifecycle = lifecycle
        self._concurrency = concurrency
        self._window_ms = window_ms
        self._vain_limit = vain_limit

    def run(self, message: ChunkMessage, prepare: Prepare, attempt: Attempt) -> Ending:
        """Works on the items of a chunk that are not counted yet.

        On the last attempt what fails in passing is recorded as failed.
        """
        job = self._jobs.get(message.job_id)
        if job is None or job.status.terminal or job.unfolds or message.chunk >= job.chunks:
            # The one item of a job that unfolds is none to be counted, whoever sends it here.
            return Ending(outcome=Outcome.ENDED)
        reporter = Reporter(job, self._jobs, self._stream, window_ms=self._window_ms)
        taken = self._jobs.take(job, message.chunk)
        tired = message.vain >= self._vain_limit
        with prepare(taken.items.values()) as process:
            shift = _Shift(job, self._jobs, reporter, process, attempt, tired=tired)
            with reporter:
                outcome = shift.work(taken, self._concurrency)
        if outcome is Outcome.DONE:
            self._lifecycle.finish_if_done(job)
            return Ending(outcome=outcome)
        if outcome is Outcome.ENDED:
            return Ending(outcome=outcome)
        seconds = 0
        text = None
        if outcome is Outcome.RETRY:
            seconds = come_again_in(attempt.receives, at_least=shift.wait_seconds)
            text = f"{shift.reason}; trying again in {seconds} s"
        self._leave(job, taken, seconds)
        reporter.flush(text)
        return Ending(outcome=outcome, after_seconds=seconds, progressed=shift.counted > 0)

    def give_up(self, message: ChunkMessage, *, reason: str) -> None:
        """Records every item of a chunk that is not counted yet as failed, for `reason`. A job whose items are not
        known yet fails as a whole."""
        job = self._jobs.get(message.job_id)
        if job is None or job.status.terminal:
            return
        if job.unfolds:
            self._lifecycle.fail(job, error=reason)
            return
        failed = partial(ItemResult, status=ItemStatus.FAILED, detail={"error": reason})
        items = self._jobs.remaining(job, message.chunk)
        for index, item in items.items():
            count(self._jobs, job, index, item, failed(label=f"Gave up on {item['workId']}"))
        if items and not self._lifecycle.finish_if_done(job):
            reporter = Reporter(job, self._jobs, self._stream, window_ms=self._window_ms)
            told = failed(label=f"Gave up on {len(items)} items")
            reporter.item_done(told, next(iter(items.values()))["workId"])
            reporter.flush()

    def _leave(self, job: Job, taken: Taken, seconds: int) -> None:
        try:
            self._jobs.leave(job, taken, after_seconds=seconds)
        except (ClientError, BotoCoreError):
            # Then it looks as if its worker had died: the next one is careful, and nothing is lost.
            logger.warning("The chunk could not be given back", exc_info=True)


class _Shift:
    """One worker's time with one chunk."""

    def __init__(
        self, job: Job, jobs: Jobs, reporter: Reporter, process: Process, attempt: Attempt, *, tired: bool
    ) -> None:
        """`tired`: the chunk was handed on too often; what there is no time for fails."""
        self._job = job
        self._jobs = jobs
        self._reporter = reporter
        self._process = process
        self._attempt = attempt
        self._tired = tired
        self._margin_ms = min(_DEADLINE_MARGIN_MS, attempt.remaining_ms() // 2)
        self._table_is_busy = False
        self.counted = 0
        self.reason = ""
        """Why some item was put off, and for how long at least that asks to wait."""
        self.wait_seconds = 0.0

    def work(self, taken: Taken, concurrency: int) -> Outcome:
        """Goes through the items; the highest of their outcomes."""
        items = list(taken.items.items())
        if taken.abandoned:
            concurrency = 1
            if self._attempt.receives % 2 == 0:
                items.reverse()
        with ThreadPoolExecutor(concurrency, thread_name_prefix="item") as pool:
            return max(pool.map(lambda numbered: self._attempt_at(*numbered), items), default=Outcome.DONE)

    def _attempt_at(self, index: int, item: Item) -> Outcome:
        try:
            return self._work_on(index, item)
        except (ClientError, BotoCoreError) as error:
            if not is_outage(error):
                raise
            logger.warning("The table does not answer", exc_info=True)
            self._table_is_busy = True
            return self._put_off(item, RetryLaterError("The job's record is busy"))

    def _work_on(self, index: int, item: Item) -> Outcome:
        if self._table_is_busy:
            # What cannot be written down is not worth asking somebody for.
            return Outcome.RETRY
        if not self._reporter.may_start():
            return Outcome.ENDED
        if self._attempt.remaining_ms() >= self._margin_ms:
            result = self._result(item)
        elif self._tired:
            result = _failed(item, "There was no time for it, though it was tried again and again")
        else:
            return Outcome.HAND_ON
        if result is None:
            return Outcome.RETRY
        if count(self._jobs, self._job, index, item, result):
            self.counted += 1
            self._reporter.item_done(result, item["workId"])
        return Outcome.DONE

    def _result(self, item: Item) -> ItemResult | None:
        try:
            return self._process(item)
        except RetryLaterError as later:
            if self._attempt.last:
                return _failed(item, str(later))
            self._put_off(item, later)
            return None
        except Exception:  # noqa: BLE001 one bad item never fails the job
            logger.exception("Item failed", extra={"workId": item["workId"]})
            return _failed(item, "an internal error, noted in the log")

    def _put_off(self, item: Item, later: RetryLaterError) -> Outcome:
        logger.info("Item put off", extra={"workId": item["workId"], "reason": str(later)})
        self.reason = str(later)
        self.wait_seconds = max(self.wait_seconds, later.after_seconds)
        return Outcome.RETRY


def _failed(item: Item, reason: str) -> ItemResult:
    return ItemResult(
        status=ItemStatus.FAILED,
        label=f"Failed: {item.get('title') or item['workId']}",
        detail={"error": reason},
    )


def count(jobs: Jobs, job: Job, index: int, item: Item, result: ItemResult) -> bool:
    """Records an item's result with what the request kept of it. Returns whether this call counted it."""
    if "kept" in item:
        result = replace(result, detail={**item["kept"], **result.detail})
    counted = jobs.record(job.job_id, index, item["workId"], result)
    metrics.add_metric("ItemsProcessed" if counted else "DuplicatesSuppressed", MetricUnit.Count, 1)
    if counted and result.status is ItemStatus.FAILED:
        metrics.add_metric("ItemsFailed", MetricUnit.Count, 1)
    return counted
