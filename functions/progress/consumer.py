"""The SQS half of a worker: a message at a time, each failure logged and alone, the answer in SQS's form.

What must come again stays in its queue, reported as failed. A chunk comes again after a while that grows, whether
its worker asked for that or broke; near the deadline it is sent on. Delivered twice, its items are found counted.
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
from progress.queues import ChunkMessage, MalformedMessageError, WatchMessage, parse

_MAX_BACKOFF_SECONDS = 60

Process = Callable[[ChunkMessage | WatchMessage, SQSRecord, LambdaContext], None]
"""Does what a message asks for. Raises ComeAgainError to leave it in its queue."""

Work = Callable[[ChunkMessage, bool, Callable[[], int]], Outcome]
"""Works on a chunk: the message, whether this is the last attempt, and what tells how many milliseconds are left."""


class ComeAgainError(Exception):
    """Leaves a message in its queue; nothing is wrong."""


def consumer(process: Process) -> Handler:
    """A Lambda handler for a queue; answers with the ids of the messages that must come again. Messages that this
    system did not send are thrown away."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def handle(record: SQSRecord, lambda_context: LambdaContext) -> None:
        try:
            message = parse(record.body)
        except MalformedMessageError as error:
            logger.error("Message thrown away", extra={"reason": str(error)})
            return
        identify(jobId=message.job_id, traceparent=message.traceparent)
        try:
            process(message, record, lambda_context)
        except ComeAgainError:
            raise
        except Exception:
            # The batch processor itself keeps silent about it.
            logger.exception("Message failed")
            raise

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return dict(process_partial_response(event, handle, processor, context))

    return observed(handler)


def chunk_consumer(work: Work) -> Handler:
    """The same for a queue of chunks."""

    def process(message: ChunkMessage | WatchMessage, record: SQSRecord, context: LambdaContext) -> None:
        if not isinstance(message, ChunkMessage):
            logger.error("Message thrown away", extra={"reason": "it points at no chunk"})
            return
        receives = receives_of(record)
        last = receives >= wiring.settings().chunk_receives
        try:
            outcome = work(message, last, context.get_remaining_time_in_millis)
        except Exception:
            _put_off(message, record)
            raise
        logger.info(
            "Chunk worked on", extra={"chunk": message.chunk, "outcome": outcome.name, "receives": receives}
        )
        if outcome is Outcome.HAND_ON:
            wiring.queues().resend_chunk(message)
        elif outcome is Outcome.RETRY:
            _put_off(message, record)
            raise ComeAgainError(f"chunk {message.chunk} of job {message.job_id}")

    return consumer(process)


def receives_of(record: SQSRecord) -> int:
    """How often a message has been received, this time included."""
    return int(record.attributes.approximate_receive_count)


def _put_off(message: ChunkMessage, record: SQSRecord) -> None:
    ceiling = min(_MAX_BACKOFF_SECONDS, 2 ** receives_of(record))
    seconds = random.randint(ceiling // 2, ceiling)  # noqa: S311 jitter, not a secret
    wiring.queues().postpone_chunk(message, record.receipt_handle, seconds)
