"""The messages of the two queues.

A work message points at a chunk and carries nothing of it. A watch message is a job's supervisor: one for a job, it
launches the job when no watcher came, and then stays in its queue, coming back every so often, until the job ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from progress.job import Job
from progress.jobid import parse_job_id

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10
"""SendMessageBatch's limit."""


class MalformedMessageError(ValueError):
    """A message that this system did not send."""


@dataclass(frozen=True, kw_only=True)
class ChunkMessage:
    """Work on a chunk of a job."""

    job_id: str
    chunk: int
    kind: str = ""
    """The job's: it says whose queue the message lives in."""
    vain: int = 0
    """How often in a row the chunk was handed on without one item of it counted."""
    traceparent: str | None = None


@dataclass(frozen=True, kw_only=True)
class WatchMessage:
    """Look after a job."""

    job_id: str
    traceparent: str | None = None


class Queues:
    """Sends them."""

    def __init__(
        self,
        client: Callable[[], SQSClient],
        *,
        work_queue_url: str,
        watch_queue_url: str,
        work_queue_urls: Mapping[str, str] | None = None,
    ) -> None:
        """`client` is made when something is sent: most workers send nothing. `work_queue_urls` are those of kinds of
        jobs that have one of their own."""
        self._client = client
        self._work_queue_url = work_queue_url
        self._work_queue_urls = work_queue_urls or {}
        self._watch_queue_url = watch_queue_url

    def send_chunks(self, job: Job, chunks: Sequence[int]) -> None:
        """One message a chunk.

        Raises:
            RuntimeError: SQS took some but not all; sending again is harmless.
        """
        messages = [
            ChunkMessage(job_id=job.job_id, chunk=chunk, kind=job.kind, traceparent=job.traceparent)
            for chunk in chunks
        ]
        for start in range(0, len(messages), _BATCH):
            answer = self._client().send_message_batch(
                QueueUrl=self._work_queue(job.kind),
                Entries=[
                    {"Id": str(message.chunk), "MessageBody": _encode(message)}
                    for message in messages[start : start + _BATCH]
                ],
            )
            failed = answer.get("Failed", [])
            if failed:
                raise RuntimeError(
                    f"SQS refused {len(failed)} of {len(chunks)} chunks: {failed[0].get('Message')}"
                )

    def resend_chunk(self, message: ChunkMessage, *, delay_seconds: int = 0) -> None:
        """Sends a chunk on to another worker, with all its receives before it again."""
        self._client().send_message(
            QueueUrl=self._work_queue(message.kind),
            MessageBody=_encode(message),
            DelaySeconds=delay_seconds,
        )

    def send_watch(self, message: WatchMessage, *, delay_seconds: int) -> None:
        """The one message that looks after a job, first seen after `delay_seconds` (at most 900)."""
        self._client().send_message(
            QueueUrl=self._watch_queue_url, MessageBody=_encode(message), DelaySeconds=delay_seconds
        )

    def postpone_chunk(self, message: ChunkMessage, receipt_handle: str, seconds: int) -> None:
        """Brings a work message that is being handled back after `seconds`, once it is reported as failed."""
        self._postpone(self._work_queue(message.kind), receipt_handle, seconds)

    def postpone_watch(self, receipt_handle: str, seconds: int) -> None:
        """The same for a watch message."""
        self._postpone(self._watch_queue_url, receipt_handle, seconds)

    def _work_queue(self, kind: str) -> str:
        return self._work_queue_urls.get(kind, self._work_queue_url)

    def _postpone(self, queue_url: str, receipt_handle: str, seconds: int) -> None:
        self._client().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )


def parse(body: str) -> ChunkMessage | WatchMessage:
    """Reads a message's body.

    Raises:
        MalformedMessageError: it is neither kind.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedMessageError(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise MalformedMessageError("not a JSON object")
    try:
        job_id = parse_job_id(str(message.get("jobId")))
    except ValueError as error:
        raise MalformedMessageError(f"jobId {error}") from error
    trace = message.get("traceparent")
    traceparent = trace if isinstance(trace, str) else None
    if "chunk" not in message:
        return WatchMessage(job_id=job_id, traceparent=traceparent)
    kind = message.get("kind")
    return ChunkMessage(
        job_id=job_id,
        chunk=_whole(message, "chunk"),
        kind=kind if isinstance(kind, str) else "",
        vain=_whole(message, "vain") if "vain" in message else 0,
        traceparent=traceparent,
    )


def _whole(message: Mapping[str, Any], name: str) -> int:
    value = message[name]
    if type(value) is not int or value < 0:
        raise MalformedMessageError(f"{name} is {value!r:.80}, a whole number is wanted")
    return value


def _encode(message: ChunkMessage | WatchMessage) -> str:
    body: dict[str, Any] = {"jobId": message.job_id, "traceparent": message.traceparent}
    if isinstance(message, ChunkMessage):
        body |= {"chunk": message.chunk, "kind": message.kind, "vain": message.vain}
    return json.dumps(body)
