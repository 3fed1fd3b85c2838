"""One who watches a job: by a socket, or by asking again and again. Both see the same state of it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.delivery.wire import CountedHttp, Wire, counted_socket
from bookstrack.api_client import EnrichmentAPIClient
from bookstrack.socket_manager import ACK_EVERY_SECONDS

_PING_SECONDS = 30.0
_TERMINAL = {"complete", "error", "cancelled"}


class NotSpokenError(Exception):
    """The server does not know this way of watching."""


@dataclass(frozen=True)
class Sight:
    """A state, when the client had it."""

    at: float
    """Unix seconds."""
    processed: int
    stamped: int | None = None
    """The frame's own `timestamp`, Unix milliseconds: made after the state was committed, before it is posted."""


@dataclass
class Watched:
    """What one watcher saw, and what that took."""

    wire: Wire = field(default_factory=Wire)
    sights: list[Sight] = field(default_factory=list)
    requests: int = 0
    """HTTP requests, of which a socket has one."""
    frames_in: int = 0
    frames_out: int = 0
    seconds: float = 0.0
    """How long its connection was open."""


Watch = Callable[[str, str, asyncio.Event, asyncio.Event], Awaitable[Watched]]
"""Watches a job until it has ended: base URL, job id, an event to set when it listens, one that says it has begun."""


def push(encoding: str | None = None) -> Watch:
    """By a socket, in an encoding of the protocol's."""

    async def watch(url: str, job_id: str, listening: asyncio.Event, started: asyncio.Event) -> Watched:
        watched = Watched()
        socket_url = f"{url.replace('http', 'ws', 1)}/ws/progress?jobId={job_id}"
        watched.requests = 1
        opened = time.monotonic()
        async with connect(
            socket_url,
            create_connection=counted_socket(watched.wire),
            compression=None,
            ping_interval=None,
            proxy=None,
        ) as socket:
            heart = asyncio.create_task(_beat(socket, watched))
            try:
                await _follow(socket, job_id, encoding, watched, listening)
            finally:
                heart.cancel()
        watched.seconds = time.monotonic() - opened
        return watched

    return watch


async def _follow(
    socket: ClientConnection, job_id: str, encoding: str | None, watched: Watched, listening: asyncio.Event
) -> None:
    ready = {"type": "ready", "timestamp": round(time.time() * 1000)}
    await _send(socket, watched, {**ready, "encoding": encoding} if encoding else ready)
    acknowledged = time.monotonic()
    while True:
        text = await socket.recv()
        at = time.time()
        watched.frames_in += 1
        frame = json.loads(text)
        kind = frame.get("type")
        if kind == "ready_ack":
            if encoding and frame.get("encoding") != encoding:
                raise NotSpokenError(f"the server does not speak {encoding}")
            listening.set()
        elif kind == "problem":
            raise NotSpokenError(str(frame.get("detail")))
        elif "s" in frame or "data" in frame:
            compact = "s" in frame
            processed = frame["n"] if compact else frame["data"]["processedItems"]
            watched.sights.append(Sight(at, processed, frame.get("timestamp")))
            over = "k" in frame if compact else kind in _TERMINAL
            if over or time.monotonic() - acknowledged >= ACK_EVERY_SECONDS:
                acknowledged = time.monotonic()
                seq = frame["s" if compact else "seq"]
                await _send(socket, watched, {"type": "ack", "jobId": job_id, "seq": seq})
            if over:
                return


async def _beat(socket: ClientConnection, watched: Watched) -> None:
    while True:
        await asyncio.sleep(_PING_SECONDS)
        await _send(socket, watched, {"type": "ping", "timestamp": round(time.time() * 1000)})


async def _send(socket: ClientConnection, watched: Watched, frame: dict[str, Any]) -> None:
    watched.frames_out += 1
    await socket.send(json.dumps(frame, separators=(",", ":")))


def poll(interval: float) -> Watch:
    """By asking for the job's record, over one connection that is kept, with what is there already named (ETag)."""

    async def watch(url: str, job_id: str, listening: asyncio.Event, started: asyncio.Event) -> Watched:
        watched = Watched()
        listening.set()
        await started.wait()
        opened = time.monotonic()
        # Where in an interval the work's own rhythm falls is chance.
        due = opened + random.uniform(0, interval)  # noqa: S311
        etag: str | None = None
        async with EnrichmentAPIClient(url, transport=CountedHttp(watched.wire)) as api:
            while True:
                await asyncio.sleep(due - time.monotonic())
                record = await api.get_job(job_id, etag=etag)
                watched.requests += 1
                etag = record.etag
                if record.update is not None:
                    watched.sights.append(Sight(time.time(), record.update.processed))
                    if record.update.status not in ("waiting", "running"):
                        break
                due = max(due + interval, time.monotonic())
        watched.seconds = time.monotonic() - opened
        return watched

    return watch
