"""The whole system, started for a benchmark, and how it accounts for what runs on it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.delivery import account
from benchmarks.delivery.account import Account
from benchmarks.delivery.watchers import Watch, Watched
from local_emulator.services import client
from tools.stack import Stack, running

_LOOK_SECONDS = 0.25
_REST_SECONDS = 30.0
_JOB_SECONDS = 1800.0
_PARAMETERS = {"WatchSeconds": "900", "ReadyTimeoutSeconds": "1"}
"""So that the watchdog does not look, within one run, at the job of another (a job would have a look more each 30 s),
and that a job which no socket waits for starts nearly as soon as one that has one: nobody polls it meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A job, or several at once, that have ended."""

    account: Account
    jobs: Sequence[Mapping[str, Any]]
    """The record of each, as the HTTP API tells it."""

    @property
    def seconds(self) -> float:
        """From the first start to the last end, by the records' own times."""
        return (
            float(max(job["finishedAt"] for job in self.jobs) - min(job["startedAt"] for job in self.jobs))
            / 1000
        )


class System:
    """A running stack. One run after the other: an account is of everything that happens."""

    def __init__(self, stack: Stack, log: Path) -> None:
        self.url = stack.url
        self._log = log
        self._emulator = psutil.Process(stack.emulator["pid"])
        self._http = httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=60)
        self._store = httpx.AsyncClient(base_url=stack.emulator["store_url"], trust_env=False, timeout=60)
        self._catalogue = stack.catalogue_url
        self._table = stack.emulator["outputs"]["TableName"]
        self._environment = stack.emulator["environment"]

    async def slow_down(self, seconds: float) -> None:
        """How long each answer of the providers takes."""
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self._catalogue}/_control", json={"latency": seconds})
        answer.raise_for_status()

    async def run(self, jobs: Sequence[Sequence[str]], watch: Watch | None, devices: int = 1) -> Run:
        """Runs jobs over works at once, each watched by so many devices, until nothing works any more.

        What earlier runs left (results, the cache of what was looked up) is gone before.
        """
        await self._wipe()
        ids = [str(uuid.uuid4()) for _ in jobs]
        offset = self._log.stat().st_size
        cpu = self._cpu()
        await self._store.post("/_requests")
        watched = await self._watched(dict(zip(ids, jobs, strict=True)), watch, devices)
        requests = await self._until_counted(sum(map(len, jobs)))
        watchers = await watched
        await self._rest()
        spent = self._cpu()
        requests += await self._drain()
        await self._store.delete("/_requests")
        with self._log.open(encoding="utf-8", errors="replace") as log:
            log.seek(offset)
            written = account.lines(log.read())
        records = [(await self._http.get(f"/api/jobs/{job_id}")).json() for job_id in ids]
        return Run(
            account=Account(
                requests=requests,
                log=written,
                cpu={name: spent[name] - cpu.get(name, 0.0) for name in spent},
                watched=watchers,
            ),
            jobs=records,
        )

    async def close(self) -> None:
        """Its clients; not the stack."""
        await self._http.aclose()
        await self._store.aclose()

    async def _watched(
        self, jobs: Mapping[str, Sequence[str]], watch: Watch | None, devices: int
    ) -> asyncio.Task[list[Watched]]:
        """Starts everything, those who watch first."""
        started = asyncio.Event()
        listening = [asyncio.Event() for _ in jobs for _ in range(devices if watch else 0)]
        watching = [job_id for job_id in jobs for _ in range(devices)]
        tasks = [
            asyncio.ensure_future(watch(self.url, job_id, event, started))
            for job_id, event in zip(watching, listening, strict=False)
            if watch is not None
        ]
        gathered = asyncio.ensure_future(asyncio.wait_for(_all(tasks), _JOB_SECONDS))
        while not all(event.is_set() for event in listening):
            if gathered.done():
                gathered.result()
            await asyncio.sleep(0.01)
        answers = await asyncio.gather(*(self._start(job_id, works) for job_id, works in jobs.items()))
        for answer in answers:
            answer.raise_for_status()
        started.set()
        return gathered

    async def _start(self, job_id: str, works: Sequence[str]) -> httpx.Response:
        return await self._http.post("/api/enrichment/start", json={"jobId": job_id, "workIds": list(works)})

    async def _until_counted(self, items: int) -> list[dict[str, Any]]:
        """Seen in the store's record, so that looking costs the system nothing that one who does not watch would not
        cost."""
        found: list[dict[str, Any]] = []
        counted = 0
        deadline = time.monotonic() + _JOB_SECONDS
        while counted < items:
            await asyncio.sleep(_LOOK_SECONDS)
            new = await self._drain()
            counted += sum(map(account.counts, new))
            found += new
            if time.monotonic() > deadline:
                raise RuntimeError(f"{counted} of {items} items were counted in {_JOB_SECONDS:.0f} s")
        return found

    async def _drain(self) -> list[dict[str, Any]]:
        return account.lines((await self._store.get("/_requests")).text)

    async def _rest(self) -> None:
        """Until the emulator and all of its processes do next to nothing."""
        deadline = time.monotonic() + _REST_SECONDS
        while time.monotonic() < deadline:
            before = sum(self._cpu().values())
            await asyncio.sleep(_LOOK_SECONDS * 2)
            if sum(self._cpu().values()) - before <= 0.02:
                return

    def _cpu(self) -> dict[str, float]:
        spent: dict[str, float] = defaultdict(float)
        for process in [self._emulator, *self._emulator.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                spent[self._part(process)] += times.user + times.system
        return dict(spent)

    def _part(self, process: psutil.Process) -> str:
        if process == self._emulator:
            return "emulator"
        if "local_emulator.store" in process.cmdline():
            return "store"
        name = process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "emulator")
        return name.rpartition("-")[2]

    async def _wipe(self) -> None:
        await asyncio.to_thread(self._wipe_now)

    def _wipe_now(self) -> None:
        dynamodb = client("dynamodb", self._environment)
        pages = dynamodb.get_paginator("scan").paginate(TableName=self._table, ProjectionExpression="pk, sk")
        keys = [{"DeleteRequest": {"Key": item}} for page in pages for item in page["Items"]]
        for start in range(0, len(keys), 25):
            dynamodb.batch_write_item(RequestItems={self._table: keys[start : start + 25]})


async def _all(tasks: Sequence[asyncio.Task[Watched]]) -> list[Watched]:
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


@contextlib.contextmanager
def started(folder: Path, parameters: Mapping[str, str] | None = None) -> Iterator[System]:
    """The stack of this revision, its log in `folder`."""
    log = folder / "system.log"
    with (
        log.open("wb") as output,
        running(
            log=output,
            parameters={**_PARAMETERS, **(parameters or {})},
            emulator_options=["--log", "json", "--no-reload", "--environment-idle", "3600"],
        ) as stack,
    ):
        yield System(stack, log)


async def on_a_system(
    folder: Path, parameters: Mapping[str, str], use: Callable[[System], Awaitable[None]]
) -> None:
    """Starts a system, lets it be used, and stops it."""
    manager = started(folder, parameters)
    system = await asyncio.to_thread(manager.__enter__)
    try:
        await use(system)
    finally:
        await system.close()
        await asyncio.to_thread(manager.__exit__, None, None, None)


def works(number: int) -> list[str]:
    """Ids of real books, each once, of all kinds."""
    listed = subprocess.run(
        [sys.executable, "-m", "catalogue", "--ids", str(number)], check=True, capture_output=True, text=True
    )
    return listed.stdout.split()
