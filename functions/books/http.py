"""HTTP to the providers: one pool, time-outs, bounded retries with jitter, and never a redirect to elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from books.errors import ProviderError, QuotaError, TransientError
from books.settings import Settings

_POOL = 32
_MAX_BYTES = 2 * 1024 * 1024
"""A provider's answer to one look-up is some kilobytes."""
_MAX_REDIRECTS = 3
_RETRIED = (429, 500, 502, 503, 504)
_LONGEST_WAIT_SECONDS = 2.0
"""Between two attempts, and the longest Retry-After that is waited for: who is busy for longer is asked later."""


class Http:
    """GETs JSON. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        retry = urllib3.Retry(
            total=settings.retries,
            redirect=False,
            status_forcelist=_RETRIED,
            allowed_methods=["GET"],
            backoff_factor=0.1,
            backoff_jitter=0.2,
            backoff_max=_LONGEST_WAIT_SECONDS,
            retry_after_max=int(_LONGEST_WAIT_SECONDS),
            raise_on_status=False,
        )
        agent = f"BooksTrack/1.0 ({settings.contact})" if settings.contact else "BooksTrack/1.0"
        self._pool = urllib3.PoolManager(
            maxsize=_POOL,
            retries=retry,
            timeout=urllib3.Timeout(connect=settings.timeout_seconds / 2, read=settings.timeout_seconds),
            headers={"User-Agent": agent, "Accept": "application/json"},
        )

    def get_json(self, provider: str, url: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON at a URL, or None where there is nothing (404).

        Raises:
            TransientError: no answer, or one that says "later".
            ProviderError: an answer that is no answer.
            QuotaError: no more answers today.
        """
        target = f"{url}?{urlencode(query)}" if query else url
        for _ in range(_MAX_REDIRECTS):
            status, body, location = self._get(provider, target)
            if location is None:
                return self._read(provider, status, body)
            moved = urljoin(target, location)
            if urlsplit(moved)[:2] != urlsplit(target)[:2]:
                raise ProviderError(f"{provider} sent us to another host")
            target = moved
        raise ProviderError(f"{provider} sent us in circles")

    def _get(self, provider: str, url: str) -> tuple[int, bytes, str | None]:
        try:
            response = self._pool.request("GET", url, preload_content=False, redirect=False)
            try:
                body = response.read(_MAX_BYTES + 1, decode_content=True)
                # What is left unread must not be taken for the next answer.
                (response.drain_conn if len(body) <= _MAX_BYTES else response.close)()
            finally:
                response.release_conn()
        except HTTPError as error:
            raise TransientError(f"{provider} does not answer") from error
        if len(body) > _MAX_BYTES:
            raise ProviderError(f"{provider} answered with more than {_MAX_BYTES // 1024} KB")
        location = response.headers.get("location") if response.status in (301, 302, 303, 307, 308) else None
        return response.status, body, location

    @staticmethod
    def _read(provider: str, status: int, body: bytes) -> Any:
        if status == 404:
            return None
        if (status == 403 and b"imitExceeded" in body) or (status == 429 and b"per day" in body):
            raise QuotaError(f"{provider}'s quota is used up (HTTP {status})")
        if status == 429 or status >= 500:
            raise TransientError(f"{provider} is busy (HTTP {status})")
        if status != 200:
            raise ProviderError(f"{provider} refused the request (HTTP {status})")
        try:
            return json.loads(body)
        except ValueError as error:
            raise ProviderError(f"{provider} answered with something that is not JSON") from error
