"""The HTTP half: starts, records, results, cancels."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from bookstrack.backoff import Backoff
from bookstrack.errors import InvalidUrlError, ProblemError, ProtocolError, UnreachableError
from bookstrack.frames import parse_record, parse_result
from bookstrack.types import JobStarted, ResultItem, Update

_TIMEOUT_SECONDS = 30.0
_ATTEMPTS = 4
_RETRIED = frozenset({429, 502, 503, 504})
_PAGE = 500
_DEFAULT_POLL_SECONDS = 1.0

Work = str | Mapping[str, str]
"""An id, or `{workId, title?, author?, isbn?}`."""


@dataclass(frozen=True)
class Record:
    """A job's record as it was read: None where it had not changed; `retry_after` in seconds."""

    update: Update | None
    retry_after: float


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
        self.url = parse_url(url)
        self._uniform = uniform
        self._http = httpx.AsyncClient(base_url=self.url, timeout=_TIMEOUT_SECONDS, transport=transport)
        self._etags: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

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
        answer = _object(await self._request("POST", "/api/enrichment/start", json=body))
        try:
            return JobStarted(job_id=str(answer["jobId"]), total=int(answer["totalItems"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(f"the answer to a start has no {error}") from error

    async def get_job(self, job_id: str) -> Record:
        """The job's record, or that it is the same as at the last call.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        headers = {"if-none-match": self._etags[job_id]} if job_id in self._etags else {}
        response = await self._request("GET", f"/api/jobs/{job_id}", headers=headers)
        retry_after = _seconds(response.headers.get("retry-after"))
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return Record(None, retry_after)
        if etag := response.headers.get("etag"):
            self._etags[job_id] = etag
        return Record(_record(response), retry_after)

    async def results(self, job_id: str) -> AsyncIterator[ResultItem]:
        """Every result that there is, in the order of the works.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        query = {"limit": str(_PAGE)}
        while True:
            page = _object(await self._request("GET", f"/api/jobs/{job_id}/results", params=query))
            for item in page.get("items", []):
                try:
                    yield parse_result(item)
                except ValueError as error:
                    raise ProtocolError(str(error)) from error
            if not page.get("nextCursor"):
                return
            query["cursor"] = str(page["nextCursor"])

    async def cancel(self, job_id: str) -> Update:
        """Cancels the job; one that has ended stays as it is. Returns its state then.

        Raises:
            ProblemError: there is no such job (404).
            UnreachableError: nobody answers.
        """
        return _record(await self._request("POST", f"/api/jobs/{job_id}/cancel"))

    async def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        backoff = Backoff(self._uniform)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = await self._http.request(method, path, **arguments)
            except httpx.TransportError as error:
                if attempt == _ATTEMPTS:
                    raise UnreachableError(self.url, _reason(error)) from error
            else:
                if response.status_code not in _RETRIED or attempt == _ATTEMPTS:
                    return _checked(response)
            await asyncio.sleep(backoff.next_delay())
        raise AssertionError("the last attempt returns or raises")


def parse_url(url: str) -> str:
    """A base URL without a slash at its end.

    Raises:
        InvalidUrlError: it is no http or https URL.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InvalidUrlError(url)
    return url.rstrip("/")


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    raise ProblemError(
        response.status_code,
        str(problem.get("type", "about:blank")),
        str(problem.get("title", "")),
        str(problem.get("detail") or problem.get("message") or f"HTTP status {response.status_code}"),
    )


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError as error:
        raise ProtocolError(
            "the server answered something that is not JSON: is this the right address?"
        ) from error
    if not isinstance(value, dict):
        raise ProtocolError("the server answered JSON that is no object: is this the right address?")
    return value


def _record(response: httpx.Response) -> Update:
    try:
        return parse_record(_object(response))
    except ValueError as error:
        raise ProtocolError(str(error)) from error


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdigit() else _DEFAULT_POLL_SECONDS


def _reason(error: httpx.TransportError) -> str:
    return (
        "connection refused" if isinstance(error, httpx.ConnectError) else str(error) or type(error).__name__
    )
