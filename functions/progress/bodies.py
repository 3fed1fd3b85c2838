"""What the HTTP half answers, as structs: handlers encode them, and the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from progress.job import Job, Status
from progress.jobid import JobId
from progress.protocol import State, state_of

UnixMilliseconds = Annotated[int, Meta(description="Unix time in milliseconds")]


class Started(Struct, rename="camel", kw_only=True):
    """A job that was accepted, as it was at that moment: the same start again gets the same answer."""

    job_id: JobId
    status: Status
    total_items: int


class JobState(State, kw_only=True):
    """A job as its frames show it, and what only its record has."""

    job_id: JobId
    kind: str
    status: Status
    seq: int
    acked_seq: int | UnsetType = UNSET
    """The newest frame that any client said it has."""
    created_at: UnixMilliseconds
    started_at: UnixMilliseconds | UnsetType = UNSET
    finished_at: UnixMilliseconds | UnsetType = UNSET


def job_state(job: Job) -> JobState:
    """What GET /api/jobs/{jobId} answers."""
    return JobState(
        **msgspec.structs.asdict(state_of(job)),
        job_id=job.job_id,
        kind=job.kind,
        status=job.status,
        seq=job.seq,
        acked_seq=_known(job.acked_seq),
        created_at=job.created_at,
        started_at=_known(job.started_at),
        finished_at=_known(job.finished_at),
    )


def _known(value: int | None) -> int | UnsetType:
    return UNSET if value is None else value
