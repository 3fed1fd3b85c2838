"""The watch queue and the dead-letter queue: no job waits for ever, and none is left running.

A job's watch message stays in its queue, reported as failed again and again, until the job has ended. A chunk that
reached the dead-letter queue is given up: what it has left is recorded as failed, so that the job can end.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from progress import wiring
from progress.log import identify, logger, observed
from progress.queues import ChunkMessage, MalformedMessageError, WatchMessage, parse

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


class LookAgainError(Exception):
    """Leaves a watch message in its queue."""


def process(record: SQSRecord) -> None:
    """Does what one message asks for.

    Raises:
        LookAgainError: it must come back.
    """
    try:
        message = parse(record.body)
    except MalformedMessageError as error:
        logger.error("Message thrown away", extra={"reason": str(error)})
        return
    identify(jobId=message.job_id, traceparent=message.traceparent)
    match message:
        case ChunkMessage():
            wiring.chunk_worker().give_up(message, reason="Given up after several attempts")
        case WatchMessage():
            receives = int(record.attributes.approximate_receive_count)
            seconds = wiring.watchdog().look(message, receives=receives)
            if seconds is not None:
                wiring.queues().postpone_watch(record.receipt_handle, seconds)
                raise LookAgainError(f"job {message.job_id}, in {seconds} s")


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    answer = process_partial_response(event, process, processor, context)
    return dict(answer)
