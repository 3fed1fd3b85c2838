"""The two APIs over HTTP, with their bad days, on one port.

Beside them `POST /_control` changes the faults and `GET /_stats` counts the requests.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from catalogue import googlebooks, openlibrary
from catalogue.books import Catalogue
from catalogue.faults import Faults, Misfortune

GOOGLE_PREFIX = "/books/v1"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class CatalogueServer:
    """Serves a catalogue until it is closed."""

    def __init__(self, catalogue: Catalogue, faults: Faults, *, seed: int = 1) -> None:
        self._catalogue = catalogue
        self._misfortune = Misfortune(faults, seed=seed)
        self._requests: Counter[str] = Counter()

    def application(self) -> web.Application:
        """The application, to be run by aiohttp's runner."""
        application = web.Application(middlewares=[self._bad_days])
        application.add_routes(
            [
                web.get("/search.json", self._search),
                web.get("/works/{id}.json", self._record(openlibrary.work)),
                web.get("/books/{id}.json", self._record(openlibrary.edition)),
                web.get("/authors/{id}.json", self._record(openlibrary.author)),
                web.get("/isbn/{isbn}.json", self._isbn),
                web.get("/api/books", self._bibkeys),
                web.get("/api/books.json", self._bibkeys),
                web.get(GOOGLE_PREFIX + "/volumes", self._volumes),
                web.get("/_stats", self._stats),
                web.post("/_control", self._control),
            ]
        )
        return application

    @web.middleware
    async def _bad_days(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path.startswith("/_"):
            return await handler(request)
        google = request.path.startswith(GOOGLE_PREFIX)
        self._requests["googlebooks" if google else "openlibrary"] += 1
        delay = self._misfortune.delay()
        if delay:
            await asyncio.sleep(delay)
        status = self._misfortune.error()
        if status is None:
            return await handler(request)
        self._requests[str(status)] += 1
        return _json(_google_error(status) if google else _open_library_error(status), status)

    async def _search(self, request: web.Request) -> web.Response:
        status, answer = openlibrary.search(self._catalogue, request.query)
        return _json(answer, status)

    def _record(self, find: Callable[[Catalogue, str], dict[str, Any] | None]) -> _Handler:
        async def answer(request: web.Request) -> web.Response:
            record = find(self._catalogue, request.match_info["id"])
            return _not_found() if record is None else _json(record)

        return answer

    async def _isbn(self, request: web.Request) -> web.Response:
        book = self._catalogue.by_isbn.get(request.match_info["isbn"].upper())
        if book is None or not book.in_open_library:
            return _not_found()
        raise web.HTTPFound(f"/books/{book.edition_id}.json")

    async def _bibkeys(self, request: web.Request) -> web.Response:
        return _json(openlibrary.by_bibkeys(self._catalogue, request.query.get("bibkeys", "")))

    async def _volumes(self, request: web.Request) -> web.Response:
        status, answer = googlebooks.volumes(self._catalogue, request.query)
        return _json(answer, status)

    async def _stats(self, _: web.Request) -> web.Response:
        return _json(dict(self._requests))

    async def _control(self, request: web.Request) -> web.Response:
        try:
            self._misfortune.faults = self._misfortune.faults.changed(**await request.json())
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return _json({})


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(value), status=status, content_type="application/json")


def _not_found() -> web.Response:
    # As in the real one, the page is HTML though JSON was asked for.
    return web.Response(text="<html><body>not found</body></html>", status=404, content_type="text/html")


def _open_library_error(status: int) -> dict[str, Any]:
    if status == 429:
        text = "Too Many Requests. Consider using https://openlibrary.org/developers/dumps."
        return {"status": 429, "message": text}
    return {"error": "Service Unavailable"}


def _google_error(status: int) -> dict[str, Any]:
    if status == 429:
        return googlebooks.error(429, "rateLimitExceeded", "Quota exceeded", "RESOURCE_EXHAUSTED")
    return googlebooks.error(503, "backendFailed", "Service temporarily unavailable.", "UNAVAILABLE")
