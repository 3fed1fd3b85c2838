"""Event source mappings from SQS: polls a queue and invokes a function with what it finds.

The real client long-polls in a thread, so a message is on its way to the function as soon as the queue has it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from local_emulator.faults import Faults
from local_emulator.invocation import Invoker, TooManyRequestsError
from local_emulator.model import ACCOUNT_ID, REGION, SqsEventSource, StoreResource
from local_emulator.sources import batches
from local_emulator.sources.batches import Message
from local_emulator.sources.deliveries import Deliveries
from local_emulator.sources.filters import matcher, with_parsed_body

logger = logging.getLogger(__name__)

T = TypeVar("T")

_RECEIVE_MAX = 10
"""ReceiveMessage's limit."""
_WAIT_SECONDS = 20
_DEFAULT_CONCURRENCY = 10
"""Batches at once where the mapping sets no MaximumConcurrency: what a function's pool takes by default."""
_RETRY_SECONDS = 1.0
_THROTTLED_SECONDS = 0.1


class SqsSource:
    """One event source mapping."""

    def __init__(
        self,
        source: SqsEventSource,
        queue: StoreResource,
        invoker: Invoker,
        client: Any,
        faults: Faults | None = None,
    ) -> None:
        """`client` is a boto3 SQS client of its own, whose read time-out is longer than 20 s."""
        self._deliveries = Deliveries(faults or Faults(), queue, source.function, self._deliver)
        self._source = source
        self._queue = queue
        self._arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue.name}"
        self._invoker = invoker
        self._client = client
        self._url = ""
        self._limit = source.maximum_concurrency or _DEFAULT_CONCURRENCY
        self._matches = matcher(source.filters)
        self._is_fifo = queue.name.endswith(".fifo")
        self._running: set[asyncio.Task[None]] = set()
        self._poller: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to poll."""
        self._poller = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """Stops polling and leaves batches under way to their visibility time-out."""
        self._deliveries.stop()
        tasks = [*self._running, *([self._poller] if self._poller else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _poll(self) -> None:
        while True:
            try:
                if not self._url:
                    answer = await _in_thread(lambda: self._client.get_queue_url(QueueName=self._queue.name))
                    self._url = answer["QueueUrl"]
                while len(self._running) >= self._limit:
                    await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                messages = await self._gather()
            except (BotoCoreError, ClientError) as error:
                logger.warning("%s cannot be polled: %s", self._queue.logical_id, error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._deliver(self._deliveries.arrange(messages))

    def _deliver(self, messages: Sequence[Message]) -> None:
        size = self._source.batch_size
        for start in range(0, len(messages), size):
            task = asyncio.create_task(self._handle(messages[start : start + size]))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _gather(self) -> list[Message]:
        """The next messages, at most as many as can be handled at once; a window waits for more (case I2)."""
        size = self._source.batch_size
        # Of a FIFO queue one batch is taken at a time: the queue holds its groups back until it is done with, and
        # two batches of one receipt could share a group (case I9).
        free = size if self._is_fifo else (self._limit - len(self._running)) * size
        messages = await self._receive(min(_RECEIVE_MAX, free), _WAIT_SECONDS)
        window_ends = time.monotonic() + self._source.batch_window_seconds
        while messages and len(messages) < size:
            left = window_ends - time.monotonic()
            if left <= 0:
                break
            messages += await self._receive(
                min(_RECEIVE_MAX, size - len(messages)), min(_WAIT_SECONDS, max(1, round(left)))
            )
        return messages

    async def _receive(self, count: int, wait_seconds: int) -> list[Message]:
        answer = await _in_thread(
            lambda: self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=count,
                WaitTimeSeconds=wait_seconds,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
        )
        return list(answer.get("Messages", []))

    async def _handle(self, messages: Sequence[Message]) -> None:
        try:
            done, wanted = self._sift(messages)
            if wanted:
                outcome = await self._invoke(batches.event(wanted, self._arn))
                done += batches.succeeded(
                    wanted, outcome, reports_failures=self._source.report_batch_item_failures
                )
            for start in range(0, len(done), _RECEIVE_MAX):
                await self._delete(done[start : start + _RECEIVE_MAX])
        except (BotoCoreError, ClientError, TooManyRequestsError) as error:
            logger.warning(
                "%s: %d messages will come again: %s", self._source.logical_id, len(messages), error
            )

    def _sift(self, messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
        """What no filter wants, which is deleted unseen (case I10), and the rest."""
        unwanted: list[Message] = []
        wanted: list[Message] = []
        for message in messages:
            (record,) = batches.event([message], self._arn)["Records"]
            (wanted if self._matches(with_parsed_body(record)) else unwanted).append(message)
        return unwanted, wanted

    async def _invoke(self, event: dict[str, Any]) -> Any:
        """Invokes; a throttled function is tried again for half of the messages' visibility time."""
        patience = float(self._queue.properties.get("VisibilityTimeout", 30)) / 2
        ends = time.monotonic() + patience
        while True:
            try:
                return await self._invoker.invoke(self._source.function, event)
            except TooManyRequestsError:
                if time.monotonic() > ends:
                    raise
                await asyncio.sleep(_THROTTLED_SECONDS)

    async def _delete(self, messages: Sequence[Message]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        answer = await _in_thread(
            lambda: self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)
        )
        for failed in answer.get("Failed", []):
            logger.warning(
                "%s: a message that was handled could not be deleted and will come again: %s",
                self._source.logical_id,
                failed.get("Message"),
            )


async def _in_thread(work: Callable[[], T]) -> T:
    """Runs `work` in a daemon thread: an executor's thread, in a long poll, would hold up the end of the process."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:  # noqa: BLE001 raised again where it is awaited
            error = raised
        # Nobody waits any more once the loop is closed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await future
