"""A server that plays the system, over real sockets: it keeps what it is asked, and answers as a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

Answer = Callable[["Asked"], web.Response]

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"


@dataclass(frozen=True)
class Asked:
    """A request, or what happened on a socket."""

    what: str
    """`POST /api/csv/import`, `socket opened`, `ready` or `socket closed`."""
    content_type: str = ""
    body: bytes = b""
    query: dict[str, str] = field(default_factory=dict)
    accept: str = ""


@dataclass
class Played:
    """What was asked, in order, and the answers, by method and path; those of a list come one after the other."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    """Sent to whoever says that it listens."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """A socket has been closed."""

    def what(self) -> list[str]:
        """Everything that happened."""
        return [asked.what for asked in self.asked]

    def the(self, what: str) -> Asked:
        """The one request of its kind."""
        (found,) = [asked for asked in self.asked if asked.what == what]
        return found

    async def answer(self, request: web.Request) -> web.Response:
        asked = Asked(
            f"{request.method} {request.path}",
            request.headers.get("content-type", ""),
            await request.read(),
            dict(request.query),
            request.headers.get("accept", ""),
        )
        self.asked.append(asked)
        answers = self.answers[asked.what]
        answer = answers.pop(0) if isinstance(answers, list) else answers
        return answer(asked)

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.asked.append(Asked("socket opened"))
        async for message in socket:
            if message.type == WSMsgType.TEXT and json.loads(message.data)["type"] == "ready":
                self.asked.append(Asked("ready"))
                await socket.send_json({"type": "ready_ack", "timestamp": 1, "heartbeatSeconds": 30})
                for frame in self.frames:
                    await socket.send_json(frame)
        self.asked.append(Asked("socket closed"))
        self.closed.set()
        return socket


@asynccontextmanager
async def playing() -> AsyncIterator[Played]:
    """The server, on a free port."""
    played = Played()
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_get("/ws/progress", played.socket)
    app.router.add_route("*", "/{path:.*}", played.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        played.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield played
    finally:
        await runner.cleanup()


def gives(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    return lambda _: web.json_response(body, status=status, headers=headers)


def started(total: int = 1, **more: Any) -> Answer:
    """The answer to a start, with the id that it came with."""

    def answer(asked: Asked) -> web.Response:
        job_id = asked.query.get("jobId") or json.loads(asked.body)["jobId"]
        body = {"jobId": job_id, "status": "waiting", "totalItems": total, **more}
        return web.json_response(body, status=202)

    return answer


def record(kind: str, status: str = "completed", total: int = 1) -> dict[str, Any]:
    """A job's record."""
    return {
        "jobId": JOB_ID,
        "kind": kind,
        "status": status,
        "seq": 3,
        "progress": 1.0,
        "processedItems": total,
        "totalItems": total,
        "failedItems": 0,
        "currentStatus": f"Finished {total} of {total}",
    }


def complete(total: int = 1) -> dict[str, Any]:
    """The last frame of a job."""
    return {"type": "complete", "jobId": JOB_ID, "seq": 3, "timestamp": 1, "data": record("", total=total)}
