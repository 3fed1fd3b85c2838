"""Requests to the HTTP API, tried again where that can help, and what its refusals mean."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from bookstrack.backoff import Backoff
from bookstrack.errors import InvalidUrlError, ProblemError, ProtocolError, UnreachableError
from bookstrack.retry_after import parse_retry_after
from bookstrack.values import text

_TIMEOUT_SECONDS = 30.0
_ATTEMPTS = 4
_RETRIED = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_SECONDS = 30.0
"""A server that wants to be left alone for longer has answered: the caller is told, and how long."""


class Transport:
    """Sends requests. Each may be repeated: what starts something carries an id that the client made."""

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`url` is the API's base.

        Raises:
            InvalidUrlError: it is none.
        """
        self.url = parse_url(url)
        self._uniform = uniform
        self._http = httpx.AsyncClient(base_url=self.url, timeout=_TIMEOUT_SECONDS, transport=transport)

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """An answer that is a success, or that nothing has changed (304); `arguments` are httpx's.

        Raises:
            ProblemError: the server refuses.
            UnreachableError: nobody answers.
        """
        return _checked(await self.send(method, path, **arguments))

    async def send(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        """Any answer; a whole `url` may lead to another server.

        Raises:
            UnreachableError: nobody answers.
        """
        backoff = Backoff(self._uniform)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = await self._http.request(method, url, **arguments)
            except httpx.TransportError as error:
                if attempt == _ATTEMPTS:
                    raise UnreachableError(self._server(url), _reason(error)) from error
                wait = 0.0
            else:
                wait = _retry_after(response) or 0.0
                last = attempt == _ATTEMPTS or wait > _LONGEST_WAIT_SECONDS
                if response.status_code not in _RETRIED or last:
                    return response
            await asyncio.sleep(wait + backoff.next_delay())
        raise AssertionError("the last attempt returns or raises")

    def _server(self, url: str) -> str:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else self.url


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


def json_object(response: httpx.Response) -> dict[str, Any]:
    """The object that an answer holds.

    Raises:
        ProtocolError: it holds none.
    """
    try:
        value = response.json()
    except ValueError as error:
        raise ProtocolError(
            "the server answered something that is not JSON: is this the right address?"
        ) from error
    if not isinstance(value, dict):
        raise ProtocolError("the server answered JSON that is no object: is this the right address?")
    return value


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
        text(problem.get("type")) or "about:blank",
        text(problem.get("title")),
        text(problem.get("detail")) or text(problem.get("message")) or f"HTTP status {response.status_code}",
        {name: value for name, value in problem.items() if name not in _PROBLEM_MEMBERS},
        _retry_after(response),
    )


_PROBLEM_MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "message"})


def _retry_after(response: httpx.Response) -> float | None:
    return parse_retry_after(response.headers.get("retry-after"), time.time())


def _reason(error: httpx.TransportError) -> str:
    return (
        "connection refused" if isinstance(error, httpx.ConnectError) else str(error) or type(error).__name__
    )
