"""The HTTP half: starts, uploads, records, results, cancels."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from bookstrack.errors import InputError, ProtocolError
from bookstrack.files import is_utf8, photo_type
from bookstrack.frames import parse_record
from bookstrack.results import parse_rejected, parse_result, parse_spines, parse_started
from bookstrack.retry_after import parse_retry_after
from bookstrack.transport import Transport, json_object
from bookstrack.types import (
    ENRICHMENT,
    IMPORT,
    SCAN,
    Book,
    JobStarted,
    RejectedRow,
    ResultItem,
    Suggestion,
    Update,
)
from bookstrack.uploads import Form, post_form
from bookstrack.values import text

_PAGE = 500
_DEFAULT_POLL_SECONDS = 1.0
_ANY_TYPE = "application/octet-stream"

Work = str | Mapping[str, str]
"""An id, or `{workId, title?, author?, isbn?}`."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A job's record as it was read: `update` is None where it had not changed; `retry_after` in seconds."""

    update: Update | None
    kind: str
    retry_after: float
    etag: str | None


@dataclass(frozen=True, kw_only=True)
class ResultPage:
    """Some of the results, in the order of the works; the first page has the rejected rows of an import."""

    items: tuple[ResultItem, ...]
    rejected: tuple[RejectedRow, ...]


class EnrichmentAPIClient:
    """Talks to the HTTP API. Every request may be repeated: starts carry an id that the client made."""

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`url` is the API's base, such as `http://localhost:3000`.

        Raises:
            InvalidUrlError: it is none.
        """
        self._transport = Transport(url, transport=transport, uniform=uniform)
        self.url = self._transport.url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        await self._transport.close()

    async def start_enrichment(self, works: Sequence[Work], *, job_id: str | None = None) -> JobStarted:
        """Starts a job over `works`; the same call again with the same `job_id` starts nothing new.

        Raises:
            ProblemError: the server refuses, such as an id used before for other works (409).
            UnreachableError: nobody answers.
        """
        body: dict[str, Any] = {"jobId": job_id or str(uuid.uuid4())}
        if all(isinstance(work, str) for work in works):
            body["workIds"] = list(works)
        else:
            body["works"] = [{"workId": work} if isinstance(work, str) else dict(work) for work in works]
        return _started(await self._transport.request("POST", "/api/enrichment/start", json=body), ENRICHMENT)

    async def start_import(self, csv: bytes, *, job_id: str | None = None) -> JobStarted:
        """Starts a job over the books of a CSV file, in whatever encoding.

        Raises:
            ProblemError: the server refuses, such as a file without a title or ISBN column (422); where every row
                was rejected, `extra["rejectedRows"]` says why.
            UnreachableError: nobody answers.
        """
        # Text travels as it is; the gateway would break anything else that claims to be text.
        content_type = "text/csv" if is_utf8(csv) else _ANY_TYPE
        return await self._start_with("/api/csv/import", csv, content_type, job_id, IMPORT)

    async def start_scan(self, photo: bytes, *, job_id: str | None = None) -> JobStarted:
        """Starts the reading of a photo of at most 4,500,000 bytes.

        Raises:
            ProblemError: the server refuses, such as something that is no photo (415), or one that is too large
                (413): `upload` and `start_scan_of` take that.
            UnreachableError: nobody answers.
        """
        content_type = photo_type(photo) or _ANY_TYPE
        return await self._start_with("/api/bookshelf/scan", photo, content_type, job_id, SCAN)

    async def start_scan_of(self, image_key: str, *, job_id: str | None = None) -> JobStarted:
        """Starts the reading of a photo that was uploaded.

        Raises:
            ProblemError: the server refuses, such as a key under which it has nothing of yours (404).
            UnreachableError: nobody answers.
        """
        body = {"jobId": job_id or str(uuid.uuid4()), "imageKey": image_key}
        return _started(await self._transport.request("POST", "/api/bookshelf/scan", json=body), SCAN)

    async def upload(self, photo: bytes) -> str:
        """Puts a photo into the system's storage; returns its key.

        Raises:
            InputError: it is none.
            ProblemError: the server refuses its type (415) or its size (413).
            StorageError: the storage refuses it.
            UnreachableError: one of the two does not answer.
        """
        content_type = photo_type(photo)
        if content_type is None:
            raise InputError("this is no photo: a JPEG, PNG, WebP or HEIC file is wanted")
        wanted = {"contentType": content_type, "size": len(photo)}
        answer = json_object(await self._transport.request("POST", "/api/uploads", json=wanted))
        key = text(answer.get("imageKey"))
        if not key:
            raise ProtocolError("the answer to an upload has no imageKey")
        await post_form(self._transport, Form.parse(answer.get("upload")), photo, content_type)
        return key

    async def get_job(self, job_id: str, *, etag: str | None = None) -> Record:
        """The job's record, or that it is the same as when `etag` came with it.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        headers = {"if-none-match": etag} if etag else {}
        response = await self._transport.request("GET", f"/api/jobs/{job_id}", headers=headers)
        unchanged = response.status_code == httpx.codes.NOT_MODIFIED
        record = {} if unchanged else json_object(response)
        return Record(
            update=None if unchanged else _update(record),
            kind=text(record.get("kind")) or ENRICHMENT,
            retry_after=parse_retry_after(response.headers.get("retry-after"), time.time())
            or _DEFAULT_POLL_SECONDS,
            etag=response.headers.get("etag") or etag,
        )

    async def result_pages(self, job_id: str) -> AsyncIterator[ResultPage]:
        """Every result that there is of an enrichment or an import.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        query = {"limit": str(_PAGE)}
        while True:
            page = await self._results(job_id, query)
            try:
                items = tuple(parse_result(item) for item in page.get("items", []))
            except ValueError as error:
                raise ProtocolError(str(error)) from error
            yield ResultPage(items=items, rejected=parse_rejected(page.get("rejectedRows")))
            if not page.get("nextCursor"):
                return
            query["cursor"] = str(page["nextCursor"])

    async def results_csv(self, job_id: str) -> bytes:
        """Every result that there is, the rejected rows of an import too, as a CSV file.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        file = bytearray()
        path: str | None = f"/api/jobs/{job_id}/results"
        while path:
            response = await self._transport.request("GET", path, headers={"accept": "text/csv"})
            if not response.headers.get("content-type", "").startswith("text/csv"):
                raise ProtocolError("the server does not give results as CSV")
            file += response.content
            path = response.links.get("next", {}).get("url")
        return bytes(file)

    async def scan_results(self, job_id: str) -> tuple[tuple[Book, ...], tuple[Suggestion, ...]]:
        """The books and the suggestions of a scan.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        return parse_spines(await self._results(job_id, {}))

    async def cancel(self, job_id: str) -> Update:
        """Cancels the job; one that has ended stays as it is. Returns its state then.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        return _update(json_object(await self._transport.request("POST", f"/api/jobs/{job_id}/cancel")))

    async def _start_with(
        self, path: str, content: bytes, content_type: str, job_id: str | None, kind: str
    ) -> JobStarted:
        response = await self._transport.request(
            "POST",
            path,
            params={"jobId": job_id or str(uuid.uuid4())},
            content=content,
            headers={"content-type": content_type},
        )
        return _started(response, kind)

    async def _results(self, job_id: str, query: Mapping[str, str]) -> dict[str, Any]:
        return json_object(await self._transport.request("GET", f"/api/jobs/{job_id}/results", params=query))


def _started(response: httpx.Response, kind: str) -> JobStarted:
    try:
        return parse_started(json_object(response), kind)
    except ValueError as error:
        raise ProtocolError(str(error)) from error


def _update(record: Mapping[str, Any]) -> Update:
    try:
        return parse_record(record)
    except ValueError as error:
        raise ProtocolError(str(error)) from error
