"""Runs one schedule on a running system, and gathers what is to be judged."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.devices import TERMINAL, BookstrackDevice, Journal, PlainDevice, State
from tests.chaos.schedule import Device, Schedule
from tests.chaos.system import ChaosSystem

_END_SECONDS = 90.0
"""From the last fault a job of the short kind may take so long to its end: the watchdog's whole patience."""
_SEE_SECONDS = 30.0
"""From the end, a device may take so long to see it."""
_QUIET_SECONDS = 40.0
_FORGOTTEN_SECONDS = 15.0
_LISTEN_SECONDS = 2.0
_LOOK_SECONDS = 0.2


@dataclass(kw_only=True)
class Observed:
    """What came of a schedule. Times are seconds since the epoch; rows are as DynamoDB has them."""

    schedule: Schedule
    job_id: str
    works: list[str]
    journals: list[Journal] = field(default_factory=list)
    struck: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """By name of the rule: what it does, how often it did."""
    first_end: State | None = None
    """The record as it was when its end was first seen; None if it did not end in time."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """GET /api/jobs/{jobId} after everything."""
    results: list[Mapping[str, Any]] = field(default_factory=list)
    """GET …/results after everything."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """All of the job's, while devices may still listen."""
    messages: Mapping[str, int] = field(default_factory=dict)
    """What is left in the queues after everything."""
    alive_until: dict[str, float] = field(default_factory=dict)
    """By id of a connection: when it was last seen open."""
    listened_at_end: list[Journal] = field(default_factory=list)
    """Devices whose socket was acknowledged well before the end was recorded."""
    left_behind: list[dict[str, Any]] = field(default_factory=list)
    """Rows of connections, and of the job's watchers, after every socket is closed."""
    mishaps: list[str] = field(default_factory=list)
    """Errors that nobody expected: of the devices, or of the emulator's fault control."""
    seconds: float = 0.0


async def run(system: ChaosSystem, schedule: Schedule) -> Observed:
    """The whole of it; the system is then ready for the next."""
    return await _Run(system, schedule).whole()


class _Run:
    def __init__(self, system: ChaosSystem, schedule: Schedule) -> None:
        self._system = system
        self._schedule = schedule
        self._seen = Observed(schedule=schedule, job_id=str(uuid.uuid4()), works=schedule.work_ids())
        self._tasks: list[asyncio.Task[None]] = []
        self._at_peace = asyncio.Event()

    async def whole(self) -> Observed:
        began = time.monotonic()
        await self._system.set_rules(*self._schedule.rules)
        await self._system.set_provider(self._schedule.provider)
        try:
            await self._play()
            await self._look_into_it()
        finally:
            for task in self._tasks:
                task.cancel()
            ended = await asyncio.gather(*self._tasks, return_exceptions=True)
            self._seen.mishaps += [repr(error) for error in ended if isinstance(error, Exception)]
            await self._make_peace()
        await self._look_at_what_is_left()
        self._seen.seconds = time.monotonic() - began
        return self._seen

    # what happens

    async def _play(self) -> None:
        self._tasks.append(asyncio.create_task(self._note_connections()))
        starter = await self._let_early_devices_listen()
        if starter is None:
            await self._start()
        self._later(self._schedule.trouble_seconds, self._make_peace)
        for stroke in self._schedule.strokes:
            self._later(stroke.at, lambda stroke=stroke: self._strike(stroke.path, stroke.body))
        if self._schedule.cancelled_at is not None:
            self._later(self._schedule.cancelled_at, self._cancel)
        for number, device in enumerate(self._schedule.devices):
            if device.joins >= 0:
                self._later(device.joins, self._follower(number, device))
        await self._wait_for_the_end()

    async def _let_early_devices_listen(self) -> BookstrackDevice | None:
        """Those that join before the start. The first `bookstrack` one among them, which is returned, starts the job;
        a second one can only watch."""
        starter: BookstrackDevice | None = None
        for number, device in enumerate(self._schedule.devices):
            if device.joins >= 0:
                continue
            if device.client == "bookstrack" and starter is None:
                starter = BookstrackDevice(self._system, self._seen.job_id, device)
                self._seen.journals.append(starter.journal)
            else:
                self._later(0, self._follower(number, device))
        early = [journal for journal in self._seen.journals if journal.device.client == "plain"]
        with suppress(TimeoutError):
            async with asyncio.timeout(_LISTEN_SECONDS):
                while not all(journal.listening_at for journal in early):
                    await asyncio.sleep(0.02)
        if starter is not None:
            self._tasks.append(asyncio.create_task(starter.run(self._seen.works)))
        return starter

    def _follower(self, number: int, device: Device) -> Callable[[], Awaitable[None]]:
        if device.client == "bookstrack":
            return self._with_journal(BookstrackDevice(self._system, self._seen.job_id, device))
        return self._with_journal(PlainDevice(self._system, self._seen.job_id, device, seed=number))

    def _with_journal(self, device: BookstrackDevice | PlainDevice) -> Callable[[], Awaitable[None]]:
        self._seen.journals.append(device.journal)
        return device.run

    def _later(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            await do()

        self._tasks.append(asyncio.create_task(wait()))

    async def _start(self) -> None:
        """As any client may: again, until it is taken."""
        body = {"jobId": self._seen.job_id, "workIds": self._seen.works}
        await self._until_taken("/api/enrichment/start", body)

    async def _cancel(self) -> None:
        await self._until_taken(f"/api/jobs/{self._seen.job_id}/cancel", None)

    async def _until_taken(self, path: str, body: Any) -> None:
        while True:
            with suppress(httpx.HTTPError):
                if (await self._system.http.post(path, json=body)).is_success:
                    return
            await asyncio.sleep(0.2)

    async def _strike(self, path: str, body: Mapping[str, Any]) -> None:
        if not self._at_peace.is_set():
            await self._system.strike(path, body)

    async def _make_peace(self) -> None:
        if not self._at_peace.is_set():
            self._at_peace.set()
            self._seen.struck = await self._system.struck()
            await self._system.set_rules()
            await self._system.set_provider({})

    async def _note_connections(self) -> None:
        while True:
            now = time.time()
            self._seen.alive_until.update(dict.fromkeys(await self._system.connections(), now))
            await asyncio.sleep(_LOOK_SECONDS)

    async def _wait_for_the_end(self) -> None:
        patience = self._schedule.trouble_seconds + _END_SECONDS + self._schedule.works / 20
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._seen.first_end is None:
                    await asyncio.sleep(_LOOK_SECONDS)
                    await self._note_the_end()
            async with asyncio.timeout(self._schedule.trouble_seconds + _SEE_SECONDS):
                while not all(journal.ended or journal.left for journal in self._seen.journals):
                    await asyncio.sleep(0.05)
        await self._make_peace()

    async def _note_the_end(self) -> None:
        meta = await self._system.meta(self._seen.job_id)
        if meta is not None and meta["status"]["S"] in TERMINAL:
            self._seen.first_end = state_of_row(meta)
            finished_at = int(meta["finishedAt"]["N"]) / 1000
            self._seen.listened_at_end = [
                journal
                for journal in self._seen.journals
                if journal.listening_at is not None and journal.listening_at < finished_at - 0.1
            ]

    # what came of it

    async def _look_into_it(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIET_SECONDS):
                while any((await self._system.messages()).values()):
                    await asyncio.sleep(_LOOK_SECONDS)
        self._seen.messages = await self._system.messages()
        self._seen.rows = await self._system.rows(self._seen.job_id)
        self._seen.record = await self._get(f"/api/jobs/{self._seen.job_id}")
        query = {"limit": "500"}
        while True:
            page = await self._get(f"/api/jobs/{self._seen.job_id}/results", query)
            self._seen.results += page.get("items", [])
            if "nextCursor" not in page:
                return
            query["cursor"] = page["nextCursor"]

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = await self._system.http.get(path, params=query)
        if not answer.is_success:
            self._seen.mishaps.append(f"GET {path}: {answer.status_code} {answer.text[:200]}, though all is at peace")
            return {}
        body: dict[str, Any] = answer.json()
        return body

    async def _look_at_what_is_left(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_FORGOTTEN_SECONDS):
                while await self._system.connections():
                    await asyncio.sleep(0.05)
        deadline = time.monotonic() + 3
        while True:
            job_rows = await self._system.rows(self._seen.job_id)
            watchers = [row for row in job_rows if row["sk"]["S"].startswith("CONN#")]
            self._seen.left_behind = [*watchers, *await self._system.connection_rows()]
            if not self._seen.left_behind or time.monotonic() > deadline:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        await self._system.forget([*job_rows, *self._seen.left_behind])


def state_of_row(meta: Mapping[str, Any]) -> State:
    """What a job's own row says."""
    return State(
        seq=int(meta["seq"]["N"]),
        status=meta["status"]["S"],
        processed=int(meta["processedItems"]["N"]),
        total=int(meta["totalItems"]["N"]),
        failed=int(meta["failedItems"]["N"]),
    )
