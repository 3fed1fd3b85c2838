"""Runs one schedule on a running system, and gathers what is to be judged."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from tests.chaos.devices import TERMINAL, BookstrackDevice, Journal, PlainDevice, State
from tests.chaos.schedule import Device, Schedule
from tests.chaos.system import ChaosSystem

_STILL_SECONDS = 60.0
"""A job whose record has not changed for so long will not end: longer than a message's longest wait for its next
attempt, and than the watchdog's whole patience."""
_END_SECONDS = 900.0
_SEE_SECONDS = 30.0
"""From the end, a device may take so long to see it."""
_QUIET_SECONDS = 40.0
_CLOSED_SECONDS = 15.0
"""A socket that is stalled is noticed to be closed only then."""
_FORGOTTEN_SECONDS = 3.0
"""What $disconnect may take, after the last socket was closed."""
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
    record: dict[str, Any] = field(default_factory=dict)
    """GET /api/jobs/{jobId} after everything."""
    results: list[dict[str, Any]] = field(default_factory=list)
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
    """The whole of one schedule; the system is then ready for the next."""
    (seen,) = await run_together(system, [schedule])
    return seen


async def run_together(
    system: ChaosSystem, schedules: Sequence[Schedule], *, tell: Callable[[Observed], None] | None = None
) -> list[Observed]:
    """Several jobs at once; rules and the provider's trouble are those of the first schedule, for all of them.

    `tell` is called for each as soon as its end has been seen by all its devices.
    """
    began = time.monotonic()
    trouble = _Trouble(system, schedules[0])
    runs = [_Run(system, schedule, trouble) for schedule in schedules]
    try:
        await trouble.begin()
        await asyncio.gather(*(run.play(tell) for run in runs))
        await trouble.end()
        await _quiet(system)
        for run in runs:
            await run.look_into_it()
    finally:
        await asyncio.gather(*(run.stop_devices() for run in runs))
        await trouble.end()
    for run in runs:
        await run.look_at_what_is_left()
    for run in runs:
        await run.forget(trouble.struck, time.monotonic() - began)
    return [run.seen for run in runs]


async def _quiet(system: ChaosSystem) -> None:
    """Until no message is left, or for as long as that may take."""

    async def is_quiet() -> bool:
        return not any((await system.messages()).values())

    await _until(is_quiet, _QUIET_SECONDS)


async def _until(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Returns when it holds, or after so long: what is then not as it should be is for the model to say."""
    deadline = time.monotonic() + seconds
    while True:
        if await condition() or time.monotonic() > deadline:
            return
        await asyncio.sleep(_LOOK_SECONDS)


class _Trouble:
    """Rules and the provider's trouble, until there is peace."""

    def __init__(self, system: ChaosSystem, schedule: Schedule) -> None:
        self._system = system
        self._schedule = schedule
        self.over = asyncio.Event()
        self.struck: dict[str, tuple[str, int]] = {}

    async def begin(self) -> None:
        await self._system.set_rules(*self._schedule.rules)
        await self._system.set_provider(self._schedule.provider)

    async def end(self) -> None:
        """Peace; once there, it stays."""
        if not self.over.is_set():
            self.over.set()
            self.struck = await self._system.struck()
            await self._system.set_rules()
            await self._system.set_provider({})


class _Run:
    """One job of them."""

    def __init__(self, system: ChaosSystem, schedule: Schedule, trouble: _Trouble) -> None:
        self.seen = Observed(schedule=schedule, job_id=str(uuid.uuid4()), works=schedule.work_ids())
        self._system = system
        self._schedule = schedule
        self._trouble = trouble
        self._tasks: list[asyncio.Task[None]] = []
        self._rows: list[dict[str, Any]] = []
        self._meta: dict[str, Any] | None = None
        self._changed_at = time.monotonic()

    # what happens

    async def play(self, tell: Callable[[Observed], None] | None) -> None:
        self._tasks.append(asyncio.create_task(self._note_connections()))
        starter = await self._let_early_devices_listen()
        if starter is None:
            await self._start()
        self._later(self._schedule.trouble_seconds, self._trouble.end)
        for stroke in self._schedule.strokes:
            self._later(stroke.at, partial(self._strike, stroke.path, stroke.body))
        if self._schedule.cancelled_at is not None:
            self._later(self._schedule.cancelled_at, self._cancel)
        for number, device in enumerate(self._schedule.devices):
            if device.joins >= 0:
                self._later(device.joins, self._follower(number, device))
        await self._wait_for_the_end()
        if tell is not None:
            tell(self.seen)

    async def _let_early_devices_listen(self) -> BookstrackDevice | None:
        """Those that join before the start. The first `bookstrack` one among them, which is returned, starts the job;
        a second one can only watch."""
        starter: BookstrackDevice | None = None
        first = min((device.joins for device in self._schedule.devices), default=0.0)
        for number, device in enumerate(self._schedule.devices):
            if device.joins >= 0:
                continue
            if device.client == "bookstrack" and starter is None:
                starter = BookstrackDevice(self._system, self.seen.job_id, device)
                self.seen.journals.append(starter.journal)
            else:
                self._later(device.joins - first, self._follower(number, device))
        await asyncio.sleep(max(0.0, -1 - first))
        early = [journal for journal in self.seen.journals if journal.device.client == "plain"]

        async def all_listen() -> bool:
            return all(journal.listening_at or journal.left for journal in early)

        await _until(all_listen, _LISTEN_SECONDS)
        if starter is not None:
            self._tasks.append(asyncio.create_task(starter.run(self.seen.works)))
        return starter

    def _follower(self, number: int, device: Device) -> Callable[[], Awaitable[None]]:
        if device.client == "bookstrack":
            return self._with_journal(BookstrackDevice(self._system, self.seen.job_id, device))
        return self._with_journal(PlainDevice(self._system, self.seen.job_id, device, seed=number))

    def _with_journal(self, device: BookstrackDevice | PlainDevice) -> Callable[[], Awaitable[None]]:
        self.seen.journals.append(device.journal)
        return device.run

    def _later(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            await do()

        self._tasks.append(asyncio.create_task(wait()))

    async def _start(self) -> None:
        """As any client may: again, until it is taken."""
        body = {"jobId": self.seen.job_id, "workIds": self.seen.works}
        await self._until_taken("/api/enrichment/start", body)

    async def _cancel(self) -> None:
        await self._until_taken(f"/api/jobs/{self.seen.job_id}/cancel", None)

    async def _until_taken(self, path: str, body: Any) -> None:
        while True:
            with suppress(httpx.HTTPError):
                if (await self._system.http.post(path, json=body)).is_success:
                    return
            await asyncio.sleep(0.2)

    async def _strike(self, path: str, body: Mapping[str, Any]) -> None:
        if not self._trouble.over.is_set():
            await self._system.strike(path, body)

    async def _note_connections(self) -> None:
        while True:
            now = time.time()
            self.seen.alive_until.update(dict.fromkeys(await self._system.connections(), now))
            await asyncio.sleep(_LOOK_SECONDS)

    async def _wait_for_the_end(self) -> None:
        trouble = self._schedule.trouble_seconds
        await _until(self._note_the_end, _END_SECONDS)
        if self.seen.first_end is not None:
            await _until(self._all_see_the_end, trouble + _SEE_SECONDS)

    async def _all_see_the_end(self) -> bool:
        return all(journal.ended or journal.left for journal in self.seen.journals)

    async def _note_the_end(self) -> bool:
        """Whether there is one, or none will come."""
        meta = await self._system.meta(self.seen.job_id)
        if meta != self._meta:
            self._meta, self._changed_at = meta, time.monotonic()
        if meta is not None and meta["status"]["S"] in TERMINAL:
            self.seen.first_end = state_of_row(meta)
            finished_at = int(meta["finishedAt"]["N"]) / 1000
            self.seen.listened_at_end = [
                journal
                for journal in self.seen.journals
                if journal.listening_at is not None and journal.listening_at < finished_at - 0.1
            ]
        still = time.monotonic() - self._changed_at > _STILL_SECONDS
        return self.seen.first_end is not None or (still and self._trouble.over.is_set())

    async def stop_devices(self) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        self.seen.mishaps += [repr(error) for error in ended if isinstance(error, Exception)]

    # what came of it

    async def look_into_it(self) -> None:
        self.seen.messages = await self._system.messages()
        self.seen.rows = await self._system.rows(self.seen.job_id)
        self.seen.record = await self._get(f"/api/jobs/{self.seen.job_id}")
        query = {"limit": "500"}
        while True:
            page = await self._get(f"/api/jobs/{self.seen.job_id}/results", query)
            self.seen.results += page.get("items", [])
            if "nextCursor" not in page:
                return
            query["cursor"] = page["nextCursor"]

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = await self._system.http.get(path, params=query)
        if not answer.is_success:
            self.seen.mishaps.append(
                f"GET {path}: {answer.status_code} {answer.text[:200]}, though all is at peace"
            )
            return {}
        body: dict[str, Any] = answer.json()
        return body

    async def look_at_what_is_left(self) -> None:
        async def all_closed() -> bool:
            return not await self._system.connections()

        async def nothing_left() -> bool:
            self._rows = await self._system.rows(self.seen.job_id)
            watchers = [row for row in self._rows if row["sk"]["S"].startswith("CONN#")]
            self.seen.left_behind = [*watchers, *await self._system.connection_rows()]
            return not self.seen.left_behind

        await _until(all_closed, _CLOSED_SECONDS)
        await _until(nothing_left, _FORGOTTEN_SECONDS)

    async def forget(self, struck: Mapping[str, tuple[str, int]], seconds: float) -> None:
        """Clears the store of this job, so that it stays small over many."""
        self.seen.struck, self.seen.seconds = struck, seconds
        await self._system.forget([*self._rows, *self.seen.left_behind])


def state_of_row(meta: Mapping[str, Any]) -> State:
    """What a job's own row says."""
    return State(
        seq=int(meta["seq"]["N"]),
        status=meta["status"]["S"],
        processed=int(meta["processedItems"]["N"]),
        total=int(meta["totalItems"]["N"]),
        failed=int(meta["failedItems"]["N"]),
    )
