"""The SQS half of a worker: reads a queue's chunk messages, and does with each what came of the work on it.

What must come again stays in the queue, reported as failed, for a while that grows; near the deadline a chunk is sent
on. Delivered twice, its items are found counted.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from progress import wiring
from progress.chunks import Outcome
from progress.log import Handler, identify, logger, observed
from progress.queues import ChunkMessage, MalformedMessageError, parse

_MAX_BACKOFF_SECONDS = 60

Work = Callable[[ChunkMessage, bool, Callable[[], int]], Outcome]
"""Works on a chunk: the message, whether this is the last attempt, and what tells how many milliseconds are left."""


class ChunkPutOffError(Exception):
    """Leaves a message in the queue."""


def chunk_consumer(work: Work) -> Handler:
    """A Lambda handler for a queue of chunks, one message a batch or more; answers with the ids that failed."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def process(record: SQSRecord, lambda_context: LambdaContext) -> None:
        _process(record, lambda_context, work)

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return dict(process_partial_response(event, process, processor, context))

    return observed(handler)


def _process(record: SQSRecord, context: LambdaContext, work: Work) -> None:
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
    last = receives >= wiring.settings().chunk_receives
    outcome = work(message, last, context.get_remaining_time_in_millis)
    logger.info(
        "Chunk worked on", extra={"chunk": message.chunk, "outcome": outcome.name, "receives": receives}
    )
    if outcome is Outcome.HAND_ON:
        wiring.queues().resend_chunk(message)
    elif outcome is Outcome.RETRY:
        ceiling = min(_MAX_BACKOFF_SECONDS, 2**receives)
        seconds = random.randint(ceiling // 2, ceiling)  # noqa: S311 jitter, not a secret
        wiring.queues().postpone_chunk(message, record.receipt_handle, seconds)
        raise ChunkPutOffError(f"chunk {message.chunk} of job {message.job_id}")
