"""The work queue: enriches the works of a chunk and counts each once.

A message points at a chunk. Works that fail in passing leave it in the queue, to come back after a growing while;
at its last receive they are recorded as failed instead. Near its deadline the function sends the chunk on. Delivered
twice, it finds the works counted.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from books.errors import TransientError
from books.lookup import Found, Library
from books.work import Work
from progress import aws, wiring
from progress.chunks import Outcome, RetryLaterError
from progress.job import ItemResult, ItemStatus
from progress.log import identify, logger, observed
from progress.queues import ChunkMessage, MalformedMessageError, parse

_MAX_BACKOFF_SECONDS = 60

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


class ChunkPutOffError(Exception):
    """Leaves a message in the queue."""


@cache
def library() -> Library:
    return Library.from_env(os.environ, client=aws.dynamodb(), table_name=wiring.settings().table_name)


def enrich(item: Mapping[str, Any]) -> ItemResult:
    """Looks one work up.

    Raises:
        RetryLaterError: no provider could answer, but one may soon.
    """
    work = Work.from_dict(item)
    try:
        found = library().look_up(work)
    except TransientError as error:
        raise RetryLaterError(str(error)) from error
    if isinstance(found, Found):
        metadata = found.metadata.to_dict()
        authors = metadata.get("authors") or []
        by = f" by {authors[0]}" if authors else ""
        return ItemResult(
            status=ItemStatus.FOUND,
            label=f"Enriching: {metadata['title']}{by}",
            detail={"metadata": metadata},
        )
    return ItemResult(
        status=ItemStatus.NOT_FOUND,
        label=f"Not found: {work.title or work.work_id}",
        detail={"reason": found.reason},
    )


def process(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Works on one message.

    Raises:
        ChunkPutOffError: it must come back.
    """
    try:
        message = parse(record.body)
    except MalformedMessageError as error:
        logger.error("Message thrown away", extra={"reason": str(error)})
        return
    if not isinstance(message, ChunkMessage):
        logger.error("Message thrown away", extra={"reason": "it points at no chunk"})
        return
    identify(jobId=message.job_id, traceparent=message.traceparent)
    receives = int(record.attributes.approximate_receive_count)
    outcome = wiring.chunk_worker().run(
        message,
        enrich,
        last_attempt=receives >= wiring.settings().chunk_receives,
        remaining_ms=lambda_context.get_remaining_time_in_millis,
    )
    logger.info(
        "Chunk worked on", extra={"chunk": message.chunk, "outcome": outcome.name, "receives": receives}
    )
    if outcome is Outcome.HAND_ON:
        wiring.queues().resend_chunk(message)
    elif outcome is Outcome.RETRY:
        ceiling = min(_MAX_BACKOFF_SECONDS, 2**receives)
        wiring.queues().postpone_chunk(record.receipt_handle, random.randint(ceiling // 2, ceiling))  # noqa: S311
        raise ChunkPutOffError(f"chunk {message.chunk} of job {message.job_id}")


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    answer = process_partial_response(event, process, processor, context)
    return dict(answer)
