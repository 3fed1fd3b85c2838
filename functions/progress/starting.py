"""The answer to a request that starts a job: 202, the same for the same request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from msgspec import UnsetType

from progress.bodies import Started
from progress.http import answer, job_id_from
from progress.identity import principal
from progress.job import Status
from progress.lifecycle import JobConflictError
from progress.log import identify
from progress.problems import ProblemError, ProblemType
from progress.tracing import traceparent
from progress.wiring import lifecycle


def job_id_or_new(given: str | UnsetType | None) -> str:
    """The id that a client made, or one made here.

    Raises:
        ProblemError: it is not a UUID.
    """
    return job_id_from(given) if isinstance(given, str) else str(uuid.uuid4())


def start_job(
    app: APIGatewayHttpResolver,
    job_id: str,
    *,
    kind: str,
    items: list[dict[str, Any]],
    rejected: Sequence[Mapping[str, Any]] = (),
    unfolds: bool = False,
) -> Started:
    """Starts the job for whom the request comes from (see `Lifecycle.start`).

    Raises:
        ProblemError: the id is taken by another request.
    """
    event = app.current_event
    trace = traceparent(event.headers)
    identify(jobId=job_id, traceparent=trace)
    try:
        lifecycle().start(
            job_id,
            kind=kind,
            items=items,
            rejected=rejected,
            unfolds=unfolds,
            owner=principal(event.raw_event["requestContext"]),
            traceparent=trace,
        )
    except JobConflictError as error:
        raise ProblemError(
            ProblemType.CONFLICT, f"{job_id} was used for another request. Start again with a new jobId."
        ) from error
    # What was true at the moment of acceptance, whenever it is asked: a repeated start gets the same answer.
    return Started(job_id=job_id, status=Status.WAITING, total_items=len(items))


def accepted(started: Started) -> Response[Any]:
    """The answer to a start."""
    return answer(started, HTTPStatus.ACCEPTED, {"Location": f"/api/jobs/{started.job_id}"})
