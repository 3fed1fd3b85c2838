"""Event source mappings from a table's stream: one batch at a time of each shard, in order, until it is done with.

The real client reads the stream. The store says when there is something to read; another DynamoDB is asked each second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_emulator.functions.destinations import Destinations, UnreachableError
from local_emulator.invocation import Invoker, Outcome, TooManyRequestsError
from local_emulator.model import StreamEventSource
from local_emulator.sources import stream_batches
from local_emulator.sources.filters import matcher
from local_emulator.sources.source import SourceError
from local_emulator.sources.stream_batches import Record

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Between tries of a batch; the last one goes on."""
_THROTTLED_SECONDS = 0.1


class StreamSource:
    """One event source mapping."""

    def __init__(
        self,
        source: StreamEventSource,
        function_arn: str,
        *,
        table_name: str,
        invoker: Invoker,
        destinations: Destinations,
        dynamodb: Any,
        streams: Any,
        is_told: bool,
        places: Mapping[str, str],
    ) -> None:
        """`dynamodb` and `streams` are boto3 clients; `is_told` promises a call of `changed` at each new record.

        `places` are those of the source in whose place it comes.
        """
        self._source = source
        self._function_arn = function_arn
        self.table_name = table_name
        self._invoker = invoker
        self._destinations = destinations
        self._dynamodb = dynamodb
        self._streams = streams
        self._wait_seconds = None if is_told else _POLL_SECONDS
        self._matches = matcher(source.filters)
        self._arn = ""
        self._known: set[str] = set()
        self.places = dict(places)
        """By shard, the iterator at what it is not done with yet."""
        self._changed = asyncio.Event()
        self._readers: set[asyncio.Task[None]] = set()

    def changed(self) -> None:
        """The stream has a new record."""
        self._changed.set()

    async def start(self) -> None:
        """Finds its place in the stream and begins to read.

        Raises:
            SourceError: the table has no stream, or cannot be asked.
        """
        try:
            answer = await asyncio.to_thread(self._dynamodb.describe_table, TableName=self.table_name)
            self._arn = answer["Table"].get("LatestStreamArn", "")
            if not self._arn:
                raise SourceError(
                    f"{self._source.logical_id} cannot begin: the table {self.table_name} was made without a stream"
                )
            await self._read_new_shards(self._source.starting_position)
        except (BotoCoreError, ClientError) as error:
            raise SourceError(f"{self._source.logical_id} cannot begin: {error}") from error

    async def stop(self) -> None:
        """Stops, and gives up the batch under way."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _read_new_shards(self, position: str) -> None:
        answer = await asyncio.to_thread(self._streams.describe_stream, StreamArn=self._arn)
        for shard in answer["StreamDescription"]["Shards"]:
            shard_id = shard["ShardId"]
            if shard_id in self._known:
                continue
            self._known.add(shard_id)
            if shard_id not in self.places:
                found = await asyncio.to_thread(
                    self._streams.get_shard_iterator,
                    StreamArn=self._arn,
                    ShardId=shard_id,
                    ShardIteratorType=position,
                )
                self.places[shard_id] = found["ShardIterator"]
            reader = asyncio.create_task(self._read(shard_id, self.places[shard_id]))
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)

    async def _read(self, shard: str, iterator: str | None) -> None:
        batch: list[Record] = []
        window_ends = 0.0
        size, window = self._source.batch_size, self._source.batch_window_seconds
        while iterator is not None:
            self._changed.clear()
            if not batch:
                self.places[shard] = iterator
            found, iterator = await self._next(iterator, size - len(batch))
            if found and not batch:
                window_ends = time.monotonic() + window
            batch += [record for record in found if self._passes(record)]
            left = window_ends - time.monotonic()
            if batch and (len(batch) >= size or left <= 0 or iterator is None):
                await self._deliver(shard, batch)
                batch = []
            elif not found:
                await self._wait(left if batch else None)
        # DynamoDB closes a shard after some hours, and others go on from there.
        await self._read_new_shards("TRIM_HORIZON")

    async def _next(self, iterator: str, limit: int) -> tuple[list[Record], str | None]:
        try:
            answer = await asyncio.to_thread(self._streams.get_records, ShardIterator=iterator, Limit=limit)
        except (BotoCoreError, ClientError) as error:
            logger.warning("the stream of %s cannot be read: %s", self._source.table, error)
            await asyncio.sleep(_POLL_SECONDS)
            return [], iterator
        return answer["Records"], answer.get("NextShardIterator")

    async def _wait(self, seconds: float | None) -> None:
        limits = [limit for limit in (seconds, self._wait_seconds) if limit is not None]
        try:
            async with asyncio.timeout(min(limits, default=None)):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _passes(self, record: Record) -> bool:
        return self._matches(stream_batches.records_of([record], self._source.stream_arn)[0])

    async def _deliver(self, shard: str, batch: Sequence[Record]) -> None:
        """Until the batch is done with: by success, or because it was tried often or long enough."""
        source = self._source
        attempts = 0
        outcome: Outcome | None = None
        while batch:
            fresh = [record for record in batch if not self._is_too_old(record)]
            if len(fresh) < len(batch):
                await self._give_up(
                    shard, batch[: len(batch) - len(fresh)], "RecordAgeExceeded", attempts, outcome
                )
                batch = fresh
                continue
            outcome = await self._invoke(batch)
            failed = stream_batches.first_failed(
                batch, outcome, reports_failures=source.report_batch_item_failures
            )
            if failed is None:
                return
            attempts = attempts + 1 if failed == 0 else 1
            batch = batch[failed:]
            if source.maximum_retries is not None and attempts > source.maximum_retries:
                await self._give_up(shard, batch, "RetryAttemptsExhausted", attempts, outcome)
                return
            await asyncio.sleep(_RETRY_SECONDS[min(attempts, len(_RETRY_SECONDS)) - 1])
            if source.bisect_on_error and len(batch) > 1:
                middle = len(batch) // 2
                await self._deliver(shard, batch[:middle])
                batch, attempts = batch[middle:], 0

    async def _invoke(self, batch: Sequence[Record]) -> Outcome:
        event = {"Records": stream_batches.records_of(batch, self._source.stream_arn)}
        while True:
            try:
                return await self._invoker.invoke(self._source.function, event)
            except TooManyRequestsError:
                await asyncio.sleep(_THROTTLED_SECONDS)

    def _is_too_old(self, record: Record) -> bool:
        limit = self._source.maximum_record_age_seconds
        if limit is None:
            return False
        created: datetime = record["dynamodb"]["ApproximateCreationDateTime"]
        return datetime.now(UTC) - created > timedelta(seconds=limit)

    async def _give_up(
        self, shard: str, batch: Sequence[Record], condition: str, attempts: int, outcome: Outcome | None
    ) -> None:
        logger.warning("%s: %d records are given up: %s", self._source.logical_id, len(batch), condition)
        if self._source.on_failure is None:
            return
        told = stream_batches.given_up(
            batch,
            condition=condition,
            shard=shard,
            stream_arn=self._source.stream_arn,
            function_arn=self._function_arn,
            attempts=attempts,
            outcome=outcome,
            now=datetime.now(UTC),
        )
        try:
            await self._destinations.send(self._source.on_failure, told, detail_type="")
        except UnreachableError as error:
            logger.warning("%s: its failure destination was not told: %s", self._source.logical_id, error)
