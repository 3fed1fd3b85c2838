"""The console's HTTP API and files.

GET  /_console/                             the page; its files below /_console/static/
WS   /_console/events                       what happens (see `feed`)
GET  /_console/api/traffic/{number}         a frame, whole
GET  /_console/api/invocations/{number}     an invocation with event, answer and log; `?everything=1` for long ones
GET  /_console/api/environments             the functions' processes
POST /_console/api/functions/{id}/invoke    the body is the event; what came of it
GET  /_console/api/events[/{name}]          the fixtures
GET  /_console/api/queues[/{id}]            depths; a queue's messages
POST /_console/api/queues/{id}/purge, …/redrive
GET  /_console/api/tables/{id}              rows; `?partition=…&start=…`
POST /_console/api/clear                    forget the history

A connection is posted to and closed through the APIs that are there for it: `@connections` and `/_faults`.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, unquote

from botocore.exceptions import BotoCoreError, ClientError

from local_emulator.console import fixtures, views
from local_emulator.console.errors import ConsoleError
from local_emulator.console.feed import Feed
from local_emulator.console.queues import Queues
from local_emulator.console.recorder import Recorder
from local_emulator.console.tables import Tables
from local_emulator.functions.pool import Pool
from local_emulator.gateway import Gateway
from local_emulator.guard import objection
from local_emulator.http1 import Request, Response
from local_emulator.invocation import TooManyRequestsError
from local_emulator.model import Application, StoreResource

E = TypeVar("E")

_STATIC = files(__package__) / "static"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS = (
    # Nothing but this page's own files runs, whatever a frame holds.
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
)


class Running(Protocol):
    """The emulator, as the console needs it."""

    application: Application
    template: Path
    pool: Pool
    gateway: Gateway
    environment: dict[str, str]

    @property
    def store_url(self) -> str:
        """Where DynamoDB, SQS and the rest answer."""
        ...


class Console:
    """Answers everything below `/_console`."""

    def __init__(self, emulator: Running, recorder: Recorder) -> None:
        self._emulator = emulator
        self._recorder = recorder
        self._feed = Feed(
            recorder, application=self._application, connections=lambda: emulator.gateway.connections()
        )

    async def answer(self, request: Request) -> Response:
        """One request; what is wrong with it is said in `message`."""
        reason = objection(request)
        if reason is not None:
            return _message(403, reason)
        steps = [unquote(step) for step in request.path.strip("/").split("/")[1:]]
        try:
            response = await self._answer(request, steps)
        except ConsoleError as error:
            response = _message(error.status, str(error))
        except (BotoCoreError, ClientError) as error:
            response = _message(502, str(error))
        response.headers = (*response.headers, *_HEADERS)
        return response

    def upgrade(self, request: Request, transport: asyncio.Transport, rest: bytes) -> None:
        """A page wants to hear what happens."""
        if objection(request) is not None or request.decoded_path != "/_console/events":
            transport.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            transport.close()
            return
        self._feed.open(request, transport, rest)

    def renew(self) -> None:
        """The template has changed: open pages are told."""
        self._feed.renew()

    def stop(self) -> None:
        """Lets go of open pages."""
        self._feed.stop()

    async def _answer(self, request: Request, steps: list[str]) -> Response:
        match [request.method, *steps]:
            case ["GET"]:
                return _file("index.html")
            case ["GET", "static", name]:
                return _file(name)
            case ["GET", "api", *rest]:
                return Response.json(await self._look(rest, parse_qs(request.query)))
            case ["POST", "api", *rest]:
                return Response.json(await self._act(rest, request.body))
        raise _nothing(request.method, steps)

    async def _look(self, steps: list[str], query: Mapping[str, list[str]]) -> Any:
        emulator = self._emulator
        match steps:
            case ["traffic", number]:
                return views.traffic(_kept(self._recorder.traffic.find(_number(number))), shown=None)
            case ["invocations", number]:
                entry = _kept(self._recorder.invocations.find(_number(number)))
                return views.whole_invocation(entry, everything="everything" in query)
            case ["environments"]:
                return [vars(environment) for environment in emulator.pool.environments()]
            case ["events"]:
                return await asyncio.to_thread(fixtures.names, emulator.template)
            case ["events", name]:
                return {"text": await asyncio.to_thread(self._fixture, name)}
            case ["queues"]:
                return await asyncio.to_thread(
                    lambda: self._queues.depths(self._stored("AWS::SQS::Queue").values())
                )
            case ["queues", name]:
                queue = self._resource("AWS::SQS::Queue", name)
                return await asyncio.to_thread(lambda: self._queues.messages(queue))
            case ["tables", name]:
                table = self._resource("AWS::DynamoDB::Table", name)
                partition, start = (query.get(word, [""])[0] for word in ("partition", "start"))
                return await asyncio.to_thread(
                    lambda: self._tables.rows(table, partition=partition, start=start)
                )
        raise _nothing("GET", ["api", *steps])

    async def _act(self, steps: list[str], body: bytes) -> Any:
        match steps:
            case ["functions", name, "invoke"]:
                return await self._invoke(name, body)
            case ["queues", name, "purge"]:
                queue = self._resource("AWS::SQS::Queue", name)
                await asyncio.to_thread(lambda: self._queues.purge(queue))
                return {}
            case ["queues", name, "redrive"]:
                queue = self._resource("AWS::SQS::Queue", name)
                every = self._stored("AWS::SQS::Queue").values()
                return {"moved": await asyncio.to_thread(lambda: self._queues.redrive(queue, every))}
            case ["clear"]:
                self._recorder.clear()
                self._feed.renew()
                return {}
        raise _nothing("POST", ["api", *steps])

    async def _invoke(self, name: str, event: bytes) -> dict[str, Any]:
        if name not in self._emulator.application.functions:
            raise ConsoleError(404, f"there is no function {name}")
        try:
            json.loads(event)
        except ValueError as error:
            raise ConsoleError(400, f"the event is no JSON: {error}") from error
        request_id = str(uuid.uuid4())
        try:
            outcome = await self._emulator.pool.invoke_raw(name, event, request_id=request_id)
        except TooManyRequestsError as error:
            raise ConsoleError(429, str(error)) from error
        kept = next(
            (
                entry
                for entry in reversed(self._recorder.invocations.newest(100))
                if entry.request_id == request_id
            ),
            None,
        )
        # What Lambda refuses to run is no invocation.
        return {"number": kept.number if kept else None, "answer": outcome.payload.decode(errors="replace")}

    def _fixture(self, name: str) -> str:
        try:
            return fixtures.text(self._emulator.template, name)
        except KeyError as error:
            raise ConsoleError(404, str(error.args[0])) from error

    def _application(self) -> dict[str, Any]:
        emulator = self._emulator
        return views.application(
            emulator.application,
            template=str(emulator.template),
            url=emulator.gateway.url,
            store_url=emulator.store_url,
        )

    def _stored(self, kind: str) -> dict[str, StoreResource]:
        every = self._emulator.application.store_resources
        return {resource.logical_id: resource for resource in every if resource.type == kind}

    def _resource(self, kind: str, name: str) -> StoreResource:
        try:
            return self._stored(kind)[name]
        except KeyError:
            raise ConsoleError(404, f"the template has no {kind} {name}") from None

    # Made in a thread, when somebody looks: a client takes its time, and most never do.

    @cached_property
    def _queues(self) -> Queues:
        return Queues(self._emulator.environment, self._emulator.store_url)

    @cached_property
    def _tables(self) -> Tables:
        return Tables(self._emulator.environment)


def _file(name: str) -> Response:
    path = _STATIC / name
    kind = _TYPES.get(Path(name).suffix)
    if kind is None or "/" in name or not path.is_file():
        raise ConsoleError(404, f"there is no file {name[:80]}")
    return Response(200, path.read_bytes(), (("content-type", f"{kind}; charset=utf-8"),))


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ConsoleError(404, f"{text[:80]} is no number")
    return int(text)


def _kept(entry: E | None) -> E:
    if entry is None:
        raise ConsoleError(404, "It is no longer kept: the history holds the newest only")
    return entry


def _nothing(method: str, steps: list[str]) -> ConsoleError:
    return ConsoleError(404, f"there is no {method} /{'/'.join(['_console', *steps])[:200]}")


def _message(status: int, message: str) -> Response:
    return Response.json({"message": message}, status)
