"""GET /api/jobs/{jobId}, GET …/results, POST …/cancel: the durable twin of the stream.

The state is the one that the frames show, under the same `seq`, with ETag and Retry-After for those who poll. Results
come in pages, as JSON or (`Accept: text/csv`) as a table; those of a scan come whole, as books and suggestions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from books.exports import writing
from books.exports.library import Rejected
from books.kinds import IMPORT, SCAN
from books.spines.report import as_rows, report
from progress import wiring
from progress.bodies import job_state
from progress.http import answer, job_id_from, resolver, text_answer
from progress.identity import principal
from progress.job import MAX_ITEMS, Job
from progress.log import identify, observed
from progress.problems import ProblemError, ProblemType
from result_pages import Page, Result, ScanResults

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
"""Results in a page."""
MAX_PAGE_BYTES = 5 * 1024 * 1024
"""Of an answer, as it leaves the function, which may answer 6 MB (Lambda's quota)."""
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
    return answer(job_state(job), headers=headers)


@app.get("/api/jobs/<job_id>/results")
def results(job_id: str) -> Response[Any]:
    job = _job(job_id)
    query = app.current_event.query_string_parameters
    limit = _number(query, "limit", low=1, high=MAX_LIMIT, default=None)
    after = _number(query, "cursor", low=0, high=MAX_ITEMS, default=None)
    as_csv = _wants_csv()
    if job.kind == SCAN:
        return _scan(job, as_csv=as_csv)
    if as_csv:
        return _table(job, after, limit)
    return _items(job, after, limit or DEFAULT_LIMIT)


def _items(job: Job, after: int | None, limit: int) -> Response[Any]:
    body = Page(job_id=job.job_id, status=job.status, items=[])
    beside = 0
    if job.kind == IMPORT and after is None:
        rejected = wiring.jobs().rejected(job)
        body.rejected_rows = msgspec.convert(rejected, list[Rejected])
        beside = _weight(rejected)
    part = _part(job, after, limit, beside=beside)
    body.items = msgspec.convert(part.rows, list[Result])
    if part.next is not None:
        body.next_cursor = str(part.next)
    return answer(body)


def _scan(job: Job, *, as_csv: bool) -> Response[Any]:
    found = report(wiring.jobs().results(job, after=None, limit=MAX_ITEMS))
    if as_csv:
        return text_answer(writing.to_csv(as_rows(found)), writing.CONTENT_TYPE)
    return answer(
        ScanResults(job_id=job.job_id, status=job.status, books=found.books, suggestions=found.suggestions)
    )


def _table(job: Job, after: int | None, limit: int | None) -> Response[Any]:
    """Results and rejected rows in the file's order; where there is more, the Link header (RFC 8288) leads to it."""
    rejected = wiring.jobs().rejected(job) if job.kind == IMPORT else []
    part = _part(job, after, limit or MAX_ITEMS, beside=_weight(rejected))
    rows: Iterable[Mapping[str, Any]] = part.rows
    if rejected:
        rows = writing.in_order(part.rows, rejected, after=_line(job, after), last=part.next is None)
    headers = {}
    if part.next is not None:
        more = f"cursor={part.next}" + (f"&limit={limit}" if limit else "")
        headers["Link"] = f'</api/jobs/{job.job_id}/results?{more}>; rel="next"'
    return text_answer(writing.to_csv(rows, header=after is None), writing.CONTENT_TYPE, headers)


@app.post("/api/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response[Any]:
    return answer(job_state(wiring.lifecycle().cancel(_job(job_id))))


@dataclass(frozen=True)
class _Part:
    rows: list[dict[str, Any]]
    next: int | None
    """The cursor of the next one, if there is more."""


def _part(job: Job, after: int | None, limit: int, *, beside: int) -> _Part:
    """Up to `limit` results, fewer where they are large; `beside` is the weight of what else is in the answer."""
    rows: list[dict[str, Any]] = []
    size = beside
    # One more than asked for tells whether there is another page.
    for row in wiring.jobs().results(job, after=after, limit=limit + 1):
        size += _weight(row)
        if rows and (len(rows) == limit or size > MAX_PAGE_BYTES):
            return _Part(rows, rows[-1]["index"])
        rows.append(row)
    return _Part(rows, None)


def _weight(value: Any) -> int:
    """Bytes in a function's answer: Lambda's runtime writes the body as a JSON text, in ASCII, which makes up to three
    of one."""
    return len(json.dumps(json.dumps(value, ensure_ascii=False)))


def _line(job: Job, number: int | None) -> int:
    """Where in its file an item stands; 0 for none."""
    if number is None:
        return 0
    found = wiring.jobs().results(job, after=number - 1 if number else None, limit=1)
    return next((int(row["line"]) for row in found), 0)


def _wants_csv() -> bool:
    accepted = app.current_event.headers.get("accept", "")
    return any(each.partition(";")[0].strip().lower() == "text/csv" for each in accepted.split(","))


def _job(named: str) -> Job:
    job_id = job_id_from(named)
    identify(jobId=job_id)
    job = wiring.jobs().get(job_id)
    if job is None or job.owner != principal(app.current_event.raw_event["requestContext"]):
        raise ProblemError(ProblemType.NOT_FOUND, f"{job_id} is not known here; jobs are kept for 24 hours.")
    return job


def _known_etags() -> list[str]:
    given = app.current_event.headers.get("if-none-match", "")
    return [tag.strip().removeprefix("W/") for tag in given.split(",")]


def _number(
    query: dict[str, str] | None, name: str, *, low: int, high: int, default: int | None
) -> int | None:
    text = (query or {}).get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high):
        raise ProblemError(
            ProblemType.INVALID, f"{name}={text[:40]}: a whole number from {low} to {high} is wanted."
        )
    return int(text)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
