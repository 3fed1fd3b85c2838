"""The frames: JSON text, one object each, told apart by `type`. docs/protocol.md is their contract.

A `progress` frame is state, not an event: each carries all that is known of its job, so a lost one loses nothing.
A compact frame is the same state in fewer bytes, for who asked for it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from progress.job import Job, Status
from progress.jobid import JobId
from progress.problems import ProblemError, ProblemUri

MAX_FRAME_BYTES = 32 * 1024
"""API Gateway closes on a larger frame, from either side."""

_MAX_TEXT = 200

Milliseconds = Annotated[int | float, Meta(description="Unix time in milliseconds")]
Sequence = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A whole number that every client can hold (RFC 8259, section 6)."""


# From the client


class Encoding(StrEnum):
    """How a subscription's states are written."""

    JSON = "json"
    COMPACT = "compact"


class Ready(Struct, tag="ready", rename="camel"):
    """The client listens: shows it the job that its URL named (or `jobId`), and starts the job if it waits."""

    timestamp: Milliseconds | UnsetType = UNSET
    job_id: JobId | UnsetType = UNSET
    after: Sequence | UnsetType = UNSET
    encoding: Encoding = Encoding.JSON


class Subscribe(Struct, tag="subscribe", rename="camel"):
    """The same for any job, any number of times on one connection."""

    job_id: JobId
    after: Sequence | UnsetType = UNSET
    encoding: Encoding = Encoding.JSON


class Unsubscribe(Struct, tag="unsubscribe", rename="camel"):
    """No more frames of that job."""

    job_id: JobId


class Ack(Struct, tag="ack", rename="camel"):
    """The client has everything of that job up to `seq`."""

    job_id: JobId
    seq: Sequence


class Cancel(Struct, tag="cancel", rename="camel"):
    """Ends that job, as POST /api/jobs/{jobId}/cancel does."""

    job_id: JobId


class Ping(Struct, tag="ping", rename="camel"):
    """Answered by `pong`."""

    timestamp: Milliseconds | UnsetType = UNSET


ClientFrame = Ready | Subscribe | Unsubscribe | Ack | Cancel | Ping

_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)


class MalformedFrameError(ValueError):
    """A frame that is no frame; the text says what is wrong and where."""


def parse(text: str) -> ClientFrame:
    """Reads a client's frame; fields that are not known are ignored.

    Raises:
        MalformedFrameError: it is not JSON, not an object, of no known type, or has a field of a wrong type.
    """
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise MalformedFrameError(str(error)) from error
    except (RecursionError, UnicodeError) as error:
        raise MalformedFrameError("the frame is nested too deeply or is not Unicode text") from error


def type_of(frame: ClientFrame) -> str:
    """The frame's `type`."""
    return str(type(frame).__struct_config__.tag)


# From the server


class State(Struct, rename="camel", omit_defaults=True):
    """A job's state as the app draws it."""

    progress: float
    processed_items: int
    total_items: int
    failed_items: int
    current_status: str
    current_work_id: str | UnsetType = UNSET
    error: str | UnsetType = UNSET
    eta_ms: int | UnsetType = UNSET


class _JobFrame(Struct, rename="camel", kw_only=True):
    job_id: JobId
    timestamp: int
    seq: int
    data: State


class Progress(_JobFrame, tag="progress"):
    """How the job gets on."""


class Complete(_JobFrame, tag="complete"):
    """The job is done; its results can be read. Terminal."""


class Error(_JobFrame, tag="error"):
    """The job failed, `data.error` says why. Terminal."""


class Cancelled(_JobFrame, tag="cancelled"):
    """Somebody cancelled the job. Terminal."""


class ReadyAck(Struct, tag="ready_ack", rename="camel"):
    """The server knows that the client listens; it wants a ping each `heartbeatSeconds`."""

    timestamp: int
    job_id: JobId
    heartbeat_seconds: int
    encoding: Encoding | UnsetType = UNSET
    """Only where it was asked for, with `alias`: what compact frames call the job, on this connection."""
    alias: int | UnsetType = UNSET


class Pong(Struct, tag="pong", rename="camel"):
    """The answer to a ping, with the server's time."""

    timestamp: int


class GoingAway(Struct, tag="going_away", rename="camel"):
    """The connection will be closed: open another within that time, subscribe there, then close this one."""

    timestamp: int
    reconnect_within_ms: int


class Problem(Struct, tag="problem", rename={"problem_type": "problemType"}):
    """What was wrong with a frame of the client's, after RFC 9457. `ref` is that frame's type.

    `type` is taken by the envelope, so the problem's own type is `problemType`.
    """

    status: int
    problem_type: ProblemUri
    title: str
    detail: str
    ref: str | None = None


class Compact(Struct, kw_only=True, omit_defaults=True):
    """A job's state without what its subscriber knows: the frame that has no `type`.

    It has no timestamp and no currentWorkId, and progress is `n` of the total.
    """

    j: int = 1
    """The `alias` of the subscription's `ready_ack`; absent for 1, a connection's first and mostly only one."""
    s: int
    """seq"""
    n: int
    """processedItems"""
    f: int = 0
    """failedItems"""
    t: int
    """totalItems. In each: who subscribed before there was a job has had no snapshot, and any frame may be lost."""
    e: int | UnsetType = UNSET
    """Seconds left, where that can be told."""
    x: str
    """currentStatus"""
    k: Literal["complete", "error", "cancelled"] | UnsetType = UNSET
    """How the job ended; it goes on, where absent."""
    r: str | UnsetType = UNSET
    """error"""


JobFrame = Progress | Complete | Error | Cancelled
ServerFrame = JobFrame | Compact | ReadyAck | Pong | GoingAway | Problem

_TERMINAL: dict[Status, type[JobFrame]] = {
    Status.COMPLETED: Complete,
    Status.FAILED: Error,
    Status.CANCELLED: Cancelled,
}
_COMPACT_END: dict[Status, Literal["complete", "error", "cancelled"]] = {
    Status.COMPLETED: "complete",
    Status.FAILED: "error",
    Status.CANCELLED: "cancelled",
}


def state_frame(job: Job, timestamp: int) -> JobFrame:
    """The frame that shows a job as it stands."""
    kind = _TERMINAL.get(job.status, Progress)
    return kind(job_id=job.job_id, timestamp=timestamp, seq=job.seq, data=state_of(job))


def terminal_frames(job: Job, timestamp: int) -> list[JobFrame]:
    """What announces a job's end. An app of the first protocol knows a failure by `data.error` in a progress
    frame, so a failed job sends that first, under the number before."""
    end = state_frame(job, timestamp)
    if job.status is not Status.FAILED:
        return [end]
    return [Progress(job_id=job.job_id, timestamp=timestamp, seq=job.seq - 1, data=end.data), end]


def compact_frame(job: Job, alias: int) -> Compact:
    """The same as `state_frame`, for a subscription that calls the job `alias`. A failure needs no frame before its
    own."""
    state = state_of(job)
    return Compact(
        j=alias,
        s=job.seq,
        n=state.processed_items,
        f=state.failed_items,
        t=state.total_items,
        e=UNSET if state.eta_ms is UNSET else round(state.eta_ms / 1000),
        x=state.current_status,
        k=_COMPACT_END.get(job.status, UNSET),
        r=state.error,
    )


def problem_frame(problem: ProblemError, ref: str | None) -> Problem:
    """Answers a client's frame of type `ref` (None where it could not be read) that could not be carried out."""
    kind = problem.type
    return Problem(
        status=kind.status, problem_type=kind.uri, title=kind.title, detail=problem.detail, ref=ref
    )


def encode(frame: ServerFrame) -> bytes:
    """The frame as it goes over the wire."""
    return msgspec.json.encode(frame)


def state_of(job: Job) -> State:
    """A job as it stands: what its frames show, and GET /api/jobs/{jobId} answers."""
    eta, error = job.eta_ms, job.error
    return State(
        progress=round(job.progress, 4),
        processed_items=job.processed_items,
        total_items=job.total_items,
        failed_items=job.failed_items,
        current_status=_clip(job.current_status),
        current_work_id=_clip(job.current_work_id) if job.current_work_id else UNSET,
        error=_clip(error) if error else UNSET,
        eta_ms=eta if eta is not None else UNSET,
    )


def _clip(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
