"""Works through a chunk of items: side by side, each counted once, the end noticed by whoever comes last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import IntEnum
from functools import partial
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from progress.job import ItemResult, ItemStatus, Job
from progress.jobs import Jobs
from progress.lifecycle import Lifecycle
from progress.log import logger, metrics
from progress.queues import ChunkMessage
from progress.reporter import Reporter
from progress.stream import Stream

_DEADLINE_MARGIN_MS = 30_000
"""No item is started with less time left: longer than the slowest item and its bookkeeping."""

Item = Mapping[str, Any]
Process = Callable[[Item], ItemResult]
"""Works on one item. Raises RetryLaterError when it may come out otherwise in a while."""


class RetryLaterError(Exception):
    """An item failed in passing; the text says why, for its result in case it never comes out otherwise."""


class Outcome(IntEnum):
    """What a worker leaves behind; of several the highest counts."""

    DONE = 0
    """Every item of the chunk is counted."""
    HAND_ON = 1
    """Time ran out: the same chunk must be worked on again, from where it stands."""
    RETRY = 2
    """Some items failed in passing: the same chunk again, in a while."""
    ENDED = 3
    """The job has ended, or is not known any more: nothing to do."""


class ChunkWorker:
    """Joins the record, the stream and the lifecycle for the worker functions."""

    def __init__(
        self, jobs: Jobs, stream: Stream, lifecycle: Lifecycle, *, concurrency: int, window_ms: int
    ) -> None:
        self._jobs = jobs
        self._stream = stream
        self._lifecycle = lifecycle
        self._concurrency = concurrency
        self._window_ms = window_ms

    def run(
        self, message: ChunkMessage, process: Process, *, last_attempt: bool, remaining_ms: Callable[[], int]
    ) -> Outcome:
        """Works on the items of a chunk that are not counted yet.

        On the last attempt what fails in passing is recorded as failed. `remaining_ms` tells how long this
        invocation may still take.
        """
        job = self._jobs.get(message.job_id)
        if job is None or job.status.terminal:
            return Outcome.ENDED
        items = self._jobs.remaining(job, message.chunk)
        reporter = Reporter(job, self._jobs, self._stream, window_ms=self._window_ms)

        def attempt(index: int, item: Item) -> Outcome:
            if reporter.stopped.is_set():
                return Outcome.ENDED
            if remaining_ms() < _DEADLINE_MARGIN_MS:
                return Outcome.HAND_ON
            result = self._result(item, process, last_attempt=last_attempt)
            if result is None:
                return Outcome.RETRY
            if self._count(job, index, item, result):
                reporter.item_done(result, item["workId"])
            return Outcome.DONE

        with reporter, ThreadPoolExecutor(self._concurrency, thread_name_prefix="item") as pool:
            outcome = max(pool.map(attempt, items.keys(), items.values()), default=Outcome.DONE)
        if outcome is Outcome.DONE:
            self._lifecycle.finish_if_done(job)
        elif outcome is Outcome.RETRY:
            reporter.flush()
        return outcome

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
            self._count(job, index, item, failed(label=f"Gave up on {item['workId']}"))
        if items and not self._lifecycle.finish_if_done(job):
            reporter = Reporter(job, self._jobs, self._stream, window_ms=self._window_ms)
            told = failed(label=f"Gave up on {len(items)} items")
            reporter.item_done(told, next(iter(items.values()))["workId"])
            reporter.flush()

    @staticmethod
    def _result(item: Item, process: Process, *, last_attempt: bool) -> ItemResult | None:
        try:
            return process(item)
        except RetryLaterError as later:
            if not last_attempt:
                logger.info("Item put off", extra={"workId": item["workId"], "reason": str(later)})
                return None
            reason = str(later)
        except Exception:  # noqa: BLE001 one bad item never fails the job
            logger.exception("Item failed", extra={"workId": item["workId"]})
            reason = "an internal error, noted in the log"
        return ItemResult(
            status=ItemStatus.FAILED,
            label=f"Failed: {item.get('title') or item['workId']}",
            detail={"error": reason},
        )

    def _count(self, job: Job, index: int, item: Item, result: ItemResult) -> bool:
        if "kept" in item:
            result = replace(result, detail={**item["kept"], **result.detail})
        counted = self._jobs.record(job.job_id, index, item["workId"], result)
        name = "ItemsProcessed" if counted else "DuplicatesSuppressed"
        metrics.add_metric(name, MetricUnit.Count, 1)
        if counted and result.status is ItemStatus.FAILED:
            metrics.add_metric("ItemsFailed", MetricUnit.Count, 1)
        return counted
