"""A server that plays the system, over real sockets: it keeps what it is asked, and answers as a test wants."""

from __future__ import annotations

import json
import time
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
    """`POST /api/csv/import`, `socket opened`, a frame's type, or `socket closed`."""
    content_type: str = ""
    body: bytes = b""
    query: dict[str, str] = field(default_factory=dict)
    accept: str = ""
    at: float = field(default_factory=time.monotonic, compare=False)


@dataclass
class Line:
    """A socket, as the server has it."""

    socket: web.WebSocketResponse
    query: dict[str, str]
    heard: list[dict[str, Any]] = field(default_factory=list)
    """Every frame of the client's."""
    jobs: list[str] = field(default_factory=list)
    """Whose states it is shown; the place is the alias."""
    deaf: bool = False
    """As the server's."""

    async def send(self, **frame: Any) -> None:
        await self.socket.send_json(frame)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The frames of one type."""
        return [frame for frame in self.heard if frame["type"] == kind]


@dataclass
class Played:
    """What was asked, in order, and the answers, by method and path; those of a list come one after the other."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    """Sent to whoever says that it listens to their job."""
    lines: list[Line] = field(default_factory=list)
    """Every socket that there was."""
    heartbeat: float = 30
    most_jobs: int = 100
    """On one socket."""
    deaf: bool = False
    """Frames are heard, but none is answered."""
    refusals: list[web.Response] = field(default_factory=list)
    """Answers to the next upgrades, instead of a socket."""

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

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if self.refusals:
            self.asked.append(Asked("socket refused"))
            return self.refusals.pop(0)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.asked.append(Asked("socket opened"))
        line = Line(socket, dict(request.query))
        self.lines.append(line)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                frame = json.loads(message.data)
                self.asked.append(Asked(frame["type"]))
                line.heard.append(frame)
                if not (self.deaf or line.deaf):
                    await self._answer_frame(line, frame)
        self.asked.append(Asked("socket closed"))
        return socket

    async def _answer_frame(self, line: Line, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "ready" | "subscribe":
                await self.show(line, frame)
            case "unsubscribe" if frame["jobId"] in line.jobs:
                line.jobs.remove(frame["jobId"])
            case "ping":
                await line.send(type="pong", timestamp=1)

    async def show(self, line: Line, asking: dict[str, Any]) -> None:
        """Answers a `ready` or `subscribe`."""
        job_id = asking["jobId"]
        if job_id not in line.jobs and len(line.jobs) >= self.most_jobs:
            problem = {"problemType": "urn:progress:problem:limit-exceeded", "ref": asking["type"]}
            await line.send(
                type="problem", status=429, title="Too many", detail="Unsubscribe first.", **problem
            )
            return
        if job_id not in line.jobs:
            line.jobs.append(job_id)
        chosen = {key: asking[key] for key in ("encoding",) if key in asking}
        chosen |= {"alias": line.jobs.index(job_id)} if chosen else {}
        await line.send(
            type="ready_ack", timestamp=1, jobId=job_id, heartbeatSeconds=self.heartbeat, **chosen
        )
        for frame in self.frames:
            if frame.get("jobId", job_id) == job_id:
                await line.send(**frame)


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
        for line in played.lines:
            await line.socket.close()
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


def record_of(frame: dict[str, Any]) -> dict[str, Any]:
    """The record of a job whose newest frame is `frame`."""
    ended = {"complete": "completed", "error": "failed", "cancelled": "cancelled"}
    status = ended.get(frame["type"], "running")
    about = {"jobId": frame["jobId"], "seq": frame["seq"], "status": status, "kind": "enrichment"}
    return {**frame["data"], **about}


def state(
    job_id: str, seq: int, kind: str = "progress", processed: int = 0, total: int = 10
) -> dict[str, Any]:
    """A frame of a job."""
    data = {"processedItems": processed, "totalItems": total, "currentStatus": f"state {seq}"}
    return {"type": kind, "jobId": job_id, "seq": seq, "timestamp": 1, "data": data}


def complete(total: int = 1) -> dict[str, Any]:
    """The last frame of a job."""
    return {"type": "complete", "jobId": JOB_ID, "seq": 3, "timestamp": 1, "data": record("", total=total)}
