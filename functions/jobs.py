"""GET /api/jobs/{jobId}, GET …/results, POST …/cancel: the durable twin of the stream.

The state is the one that the frames show, under the same `seq`, with ETag and Retry-After for those who poll.
"""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import Any

from aws_lambda_powertools.event_handler import Response

from progress import wiring
from progress.http import answer, job_id_from, resolver
from progress.identity import principal
from progress.job import MAX_ITEMS, Job
from progress.log import identify, observed
from progress.problems import ProblemError, ProblemType
from progress.protocol import state_as_json

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
"""Results in a page: far below the 6 MB that a function may answer."""
POLL_SECONDS = "1"

app = resolver()


@app.get("/api/jobs/<job_id>")
def state(job_id: str) -> Response[Any]:
    job = _job(job_id)
    headers = {"ETag": f'"{job.seq}-{job.status}"', "Cache-Control": "no-cache"}
    if not job.status.terminal:
        headers["Retry-After"] = POLL_SECONDS
    if headers["ETag"] in _known_etags():
        return answer(None, HTTPStatus.NOT_MODIFIED, headers)
    return answer(_as_json(job), headers=headers)


@app.get("/api/jobs/<job_id>/results")
def results(job_id: str) -> Response[Any]:
    job = _job(job_id)
    query = app.current_event.query_string_parameters
    limit = _number(query, "limit", low=1, high=MAX_LIMIT, default=DEFAULT_LIMIT)
    after = _number(query, "cursor", low=0, high=MAX_ITEMS, default=None)
    # One more than asked for tells whether there is another page.
    found = list(wiring.jobs().results(job.job_id, after=after, limit=(limit or DEFAULT_LIMIT) + 1))
    page = list(islice(found, limit))
    body: dict[str, Any] = {"jobId": job.job_id, "status": job.status, "items": page}
    if len(found) > len(page):
        body["nextCursor"] = str(page[-1]["index"])
    return answer(body)


@app.post("/api/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response[Any]:
    return answer(_as_json(wiring.lifecycle().cancel(_job(job_id))))


def _job(named: str) -> Job:
    job_id = job_id_from(named)
    identify(jobId=job_id)
    job = wiring.jobs().get(job_id)
    if job is None or job.owner != principal(app.current_event.raw_event["requestContext"]):
        raise ProblemError(ProblemType.NOT_FOUND, f"{job_id} is not known here; jobs are kept for 24 hours.")
    return job


def _as_json(job: Job) -> dict[str, Any]:
    times = {"createdAt": job.created_at, "startedAt": job.started_at, "finishedAt": job.finished_at}
    return {
        "jobId": job.job_id,
        "kind": job.kind,
        "status": job.status,
        "seq": job.seq,
        **state_as_json(job),
        **{name: time for name, time in times.items() if time is not None},
    }


def _known_etags() -> list[str]:
    given = app.current_event.headers.get("if-none-match", "")
    return [tag.strip().removeprefix("W/") for tag in given.split(",")]


def _number(
    query: dict[str, str] | None, name: str, *, low: int, high: int, default: int | None
) -> int | None:
    text = (query or {}).get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and low <= int(text[:9]) <= high):
        raise ProblemError(
            ProblemType.INVALID, f"{name}={text[:40]}: a whole number from {low} to {high} is wanted."
        )
    return int(text)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
