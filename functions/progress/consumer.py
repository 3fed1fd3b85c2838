"""The SQS half of a worker: a message at a time, each failure logged and alone, the answer in SQS's form.

What must come again stays in its queue, reported as failed. A chunk comes again after a while that grows, whether
its worker asked for that or broke; near the deadline it is sent on. Delivered twice, its items are found counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from progress import wiring
from progress.attempts import Attempt, Ending, Outcome, come_again_in
from progress.log import Handler, identify, logger, observed
from progress.outages import is_outage
from progress.queues import ChunkMessage, MalformedMessageError, WatchMessage, parse

Process = Callable[[ChunkMessage | WatchMessage, SQSRecord, LambdaContext], None]
"""Does what a message asks for. Raises ComeAgainError to leave it in its queue."""

Work = Callable[[ChunkMessage, Attempt], Ending]
"""Works on a chunk."""


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


def chunk_consumer(work: Work, *, kinds: Collection[str]) -> Handler:
    """The same for a queue of chunks, of jobs of these kinds: what was sent to the wrong queue is thrown away."""

    def process(message: ChunkMessage | WatchMessage, record: SQSRecord, context: LambdaContext) -> None:
        if not isinstance(message, ChunkMessage) or (message.kind and message.kind not in kinds):
            logger.error("Message thrown away", extra={"reason": f"it is no chunk of {' or '.join(kinds)}"})
            return
        receives = receives_of(record)
        attempt = Attempt(
            receives=receives,
            last=receives >= wiring.settings().chunk_receives,
            remaining_ms=context.get_remaining_time_in_millis,
        )
        try:
            ending = work(message, attempt)
        except Exception as error:
            ending = Ending(outcome=Outcome.RETRY, after_seconds=come_again_in(receives))
            if not attempt.last or not is_outage(error):
                _put_off(message, record, ending)
                raise
            logger.exception("Chunk sent on: there was an outage, which is not its fault")
        logger.info(
            "Chunk worked on",
            extra={"chunk": message.chunk, "outcome": ending.outcome.name, "receives": receives},
        )
        _follow(ending, message, record, attempt)

    return consumer(process)


def receives_of(record: SQSRecord) -> int:
    """How often a message has been received, this time included."""
    return int(record.attributes.approximate_receive_count)


def _follow(ending: Ending, message: ChunkMessage, record: SQSRecord, attempt: Attempt) -> None:
    """Brings a chunk that is not done to a worker again."""
    if ending.outcome is Outcome.HAND_ON:
        vain = 0 if ending.progressed else message.vain + 1
        wiring.queues().resend_chunk(replace(message, vain=vain))
    elif ending.outcome is Outcome.RETRY and attempt.last:
        # The next to receive this message would give the chunk up: that is for what workers cannot do, and this is
        # what they cannot write down.
        wiring.queues().resend_chunk(message, delay_seconds=ending.after_seconds)
    elif ending.outcome is Outcome.RETRY:
        _put_off(message, record, ending)
        raise ComeAgainError(f"chunk {message.chunk} of job {message.job_id}")


def _put_off(message: ChunkMessage, record: SQSRecord, ending: Ending) -> None:
    wiring.queues().postpone_chunk(message, record.receipt_handle, ending.after_seconds)
