"""The clients of a job, and what each of them saw.

A `plain` one does what docs/protocol.md says and no more: it drops what is not newer, pings, takes silence for death,
comes back, and asks the record when it has heard nothing for a while. It keeps every frame, dropped ones too.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException

import bookstrack
from bookstrack import polling
from tests.chaos.schedule import Device
from tests.chaos.system import ChaosSystem

_STATUS_OF_FRAME = {
    "progress": "running",
    "complete": "completed",
    "error": "failed",
    "cancelled": "cancelled",
}
TERMINAL = frozenset({"completed", "failed", "cancelled"})
_SILENCE = 2.5
"""So many heartbeat intervals without a frame: the connection is dead, though nobody said so."""
_LONGEST_DELAY_SECONDS = 4.0
_QUIET_SECONDS = 4.0
"""An open socket that shows nothing new for so long: the record is asked."""
# Scaled, like the system's times.
polling.QUIET_SECONDS = _QUIET_SECONDS


@dataclass(frozen=True, kw_only=True)
class State:
    """What a frame or a record said of the job."""

    seq: int
    status: str
    processed: int
    total: int
    failed: int

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @classmethod
    def of_frame(cls, frame: Mapping[str, Any]) -> State:
        return cls._of(frame["seq"], _STATUS_OF_FRAME[frame["type"]], frame["data"])

    @classmethod
    def of_compact(cls, frame: Mapping[str, Any], total: int) -> State:
        """`total` is what the frames before said, for one that does not."""
        return cls(
            seq=frame["s"],
            status=_STATUS_OF_FRAME[frame.get("k", "progress")],
            processed=frame["n"],
            total=frame.get("t", total),
            failed=frame.get("f", 0),
        )

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> State:
        return cls._of(record["seq"], record["status"], record)

    @classmethod
    def _of(cls, seq: int, status: str, data: Mapping[str, Any]) -> State:
        return cls(
            seq=seq,
            status=status,
            processed=data["processedItems"],
            total=data["totalItems"],
            failed=data["failedItems"],
        )


@dataclass(kw_only=True)
class Journal:
    """What one device saw. Times are seconds since the epoch."""

    device: Device
    frames: list[State] = field(default_factory=list)
    """Every state that came over its sockets, in the order in which it came."""
    views: list[list[State]] = field(default_factory=lambda: [[]])
    """What a person would have been shown: of frames and records those that were newer. A view begins anew when the
    library gave up and was called again."""
    results: list[Mapping[str, Any]] | None = None
    """The results that a `bookstrack` one read as soon as it saw the end."""
    listening_at: float | None = None
    """Since when its last socket's `ready` is acknowledged; None while it has no such socket."""
    problems: list[str] = field(default_factory=list)
    """What it was told of its frames, and what its library raised."""
    left: bool = False

    @property
    def shown(self) -> list[State]:
        """The last view."""
        return self.views[-1]

    @property
    def ended(self) -> bool:
        """It has seen the end, and has read the results if that is its part."""
        seen = bool(self.shown) and self.shown[-1].terminal
        return seen and (self.device.client == "plain" or self.results is not None)

    def show(self, state: State) -> None:
        """The documented rule: what is not newer is dropped."""
        if not self.shown or state.seq > self.shown[-1].seq:
            self.shown.append(state)


class PlainDevice:
    """Follows a job until it is told to stop, beyond the job's end."""

    def __init__(self, system: ChaosSystem, job_id: str, device: Device, *, seed: int) -> None:
        self.journal = Journal(device=device)
        self._system = system
        self._job_id = job_id
        self._dice = random.Random(seed)
        self._heard_at = self._news_at = time.monotonic()
        self._cancelled = False
        self._asked_at = 0.0
        self._going_away = False
        self._failures = 0
        """Connections in a row on which nobody answered."""

    async def run(self) -> None:
        """Ends when its device leaves; else with its task."""
        self._heard_at = self._news_at = time.monotonic()
        looking = asyncio.create_task(self._look_at_the_record())
        try:
            async with asyncio.timeout(self.journal.device.leaves):
                while True:
                    await self._listen_once()
                    self._failures += 1
                    ceiling = min(_LONGEST_DELAY_SECONDS, 0.5 * 2 ** min(self._failures, 8))
                    await asyncio.sleep(self._dice.uniform(0, ceiling))
        except TimeoutError:
            self.journal.left = True
        finally:
            looking.cancel()

    async def _listen_once(self) -> None:
        query = "" if self.journal.device.subscribes else f"?jobId={self._job_id}"
        socket: ClientConnection | None = None
        try:
            # The heartbeat is the application's, as API Gateway shows nobody a client's own pings.
            socket = await connect(
                self._system.socket_url + query,
                proxy=None,
                open_timeout=2 * self._system.heartbeat_seconds,
                ping_interval=None,
                compression=None,
            )
            await self._read(socket)
        except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, WebSocketException):
            return
        finally:
            self.journal.listening_at = None
            if socket is not None:
                # Gone without a word: whoever has the other end finds out by itself.
                socket.transport.abort()

    async def _read(self, socket: ClientConnection) -> None:
        await self._say_ready(socket)
        self._heard_at = pinged_at = said_at = time.monotonic()
        heartbeat = self._system.heartbeat_seconds
        self._going_away = False
        while not self._going_away:
            with suppress(TimeoutError):
                async with asyncio.timeout(heartbeat / 4):
                    text = await socket.recv()
                    self._heard_at = time.monotonic()
                    await self._take(socket, json.loads(text))
            now = time.monotonic()
            if now - self._heard_at > _SILENCE * heartbeat:
                return
            if now - pinged_at > heartbeat:
                pinged_at = now
                await socket.send(json.dumps({"type": "ping", "timestamp": round(time.time() * 1000)}))
            if self.journal.listening_at is None and now - said_at > 2 * heartbeat:
                said_at = now
                await self._say_ready(socket)

    async def _say_ready(self, socket: ClientConnection) -> None:
        frame: dict[str, Any] = {"type": "ready"}
        if self.journal.device.subscribes:
            frame = {"type": "subscribe", "jobId": self._job_id}
        if self.journal.device.compact:
            frame["encoding"] = "compact"
        if self.journal.shown:
            frame["after"] = self.journal.shown[-1].seq
        await socket.send(json.dumps(frame))

    async def _take(self, socket: ClientConnection, frame: Mapping[str, Any]) -> None:
        kind = frame.get("type")
        if kind == "ready_ack":
            self.journal.listening_at = self.journal.listening_at or time.time()
            self._failures = 0
        elif kind in _STATUS_OF_FRAME:
            await self._see(socket, State.of_frame(frame))
        elif "s" in frame:
            await self._take_compact(socket, frame)
        elif kind == "going_away":
            # No need of a second socket meanwhile: whatever is missed is shown anew.
            self._going_away = True
        elif kind is None:
            # The gateway's own: the frame was throttled, or the function that should have answered failed.
            await self._say_ready(socket)
        elif kind == "problem":
            self.journal.problems.append(f"{frame['ref']}: {frame['detail']}")

    async def _take_compact(self, socket: ClientConnection, frame: Mapping[str, Any]) -> None:
        if "t" in frame or self.journal.shown:
            total = self.journal.shown[-1].total if self.journal.shown else 0
            await self._see(socket, State.of_compact(frame, total))
        elif time.monotonic() - self._asked_at > 1:
            # The frame that had the total was lost, or is on its way: the snapshot says it again.
            self._asked_at = time.monotonic()
            await self._say_ready(socket)

    async def _see(self, socket: ClientConnection, state: State) -> None:
        self.journal.frames.append(state)
        self._show(state)
        if state.terminal:
            await socket.send(json.dumps({"type": "ack", "jobId": self._job_id, "seq": state.seq}))
        await self._cancel_if_due(socket)

    def _show(self, state: State) -> None:
        before = len(self.journal.shown)
        self.journal.show(state)
        if len(self.journal.shown) > before:
            self._news_at = time.monotonic()

    async def _cancel_if_due(self, socket: ClientConnection) -> None:
        share, latest = self.journal.device.cancels, self.journal.shown[-1]
        if share is None or self._cancelled or latest.terminal or latest.processed < share * latest.total:
            return
        self._cancelled = True
        await socket.send(json.dumps({"type": "cancel", "jobId": self._job_id}))

    async def _look_at_the_record(self) -> None:
        while not self.journal.ended:
            await asyncio.sleep(0.5)
            if time.monotonic() - self._news_at < _QUIET_SECONDS:
                continue
            self._news_at = time.monotonic()
            with suppress(httpx.HTTPError):
                answer = await self._system.http.get(f"/api/jobs/{self._job_id}")
                if answer.is_success:
                    self._show(State.of_record(answer.json()))


class BookstrackDevice:
    """The project's own client: it starts the job, or watches one that was started."""

    def __init__(self, system: ChaosSystem, job_id: str, device: Device) -> None:
        self.journal = Journal(device=device)
        self._system = system
        self._job_id = job_id

    async def run(self, works: list[str] | None = None) -> None:
        """Until the job's end. `works` are what to start it with; None for a job that was started.

        What the library raises is what its user would see: the user does the same again.
        """
        encoding = "compact" if self.journal.device.compact else "json"
        while not self.journal.ended:
            try:
                async with bookstrack.connect(self._system.stack.url, encoding=encoding) as client:
                    job = await (
                        client.enrich(works, job_id=self._job_id) if works else client.watch(self._job_id)
                    )
                    assert isinstance(job, bookstrack.Job)
                    await self._follow(job)
            except bookstrack.BooksTrackError as error:
                self.journal.problems.append(f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.3)

    async def _follow(self, job: bookstrack.Job) -> None:
        if self.journal.shown:
            self.journal.views.append([])
        async for update in job:
            # As they come: that none goes back is the library's promise, to be looked at.
            self.journal.shown.append(_state(update))
        result = await job.result()
        self.journal.results = [{"workId": item.work_id, "status": item.status} for item in result.items]


def _state(update: bookstrack.Update) -> State:
    return State(
        seq=update.seq,
        status=update.status,
        processed=update.processed,
        total=update.total,
        failed=update.failed,
    )
