"""The watch queue and the dead-letter queue: no job waits for ever, and none is left running.

A job's watch message stays in its queue, reported as failed again and again, until the job has ended. A chunk that
reached the dead-letter queue is given up: what it has left is recorded as failed, so that the job can end.
"""

from __future__ import annotations

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from progress import wiring
from progress.consumer import ComeAgainError, consumer, receives_of
from progress.queues import ChunkMessage, WatchMessage


def process(message: ChunkMessage | WatchMessage, record: SQSRecord, context: LambdaContext) -> None:
    """Does what one message asks for.

    Raises:
        ComeAgainError: it must come back.
    """
    match message:
        case ChunkMessage():
            wiring.chunk_worker().give_up(message, reason="Given up after several attempts")
        case WatchMessage():
            _look(message, record)


def _look(message: WatchMessage, record: SQSRecord) -> None:
    try:
        seconds = wiring.watchdog().look(message, receives=receives_of(record))
    except Exception:
        # Not only when the queue's visibility time-out has passed.
        wiring.queues().postpone_watch(record.receipt_handle, wiring.settings().watch_seconds)
        raise
    if seconds is not None:
        wiring.queues().postpone_watch(record.receipt_handle, seconds)
        raise ComeAgainError(f"job {message.job_id}, in {seconds} s")


handler = consumer(process)
