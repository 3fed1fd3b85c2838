"""Connections that are cut, that fall silent, and many at once: the client comes back, with the state."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
import resource
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

import bookstrack
from bookstrack import Update, WebSocketProgressManager
from bookstrack.backoff import BASE_SECONDS
from local_emulator.testing import TestEmulator
from tests.e2e.conftest import System, new_id, start_system
from tests.e2e.proxy import cutting_proxy
from tests.waiting import until

CLIENTS = 1_000


@pytest.fixture(scope="module")
def lively_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that wants a ping each second, and whose books take a moment."""
    folder = tmp_path_factory.mktemp("lively")
    variables = folder / "variables.json"
    variables.write_text(json.dumps({"Parameters": {"HEARTBEAT_SECONDS": "1"}}))
    yield from start_system(
        folder,
        emulator_options=["--env-vars", str(variables)],
        catalogue_options=["--latency", "0.1"],
    )


def set_faults(system: System, *rules: dict[str, object]) -> None:
    answer = system.http.put("/_faults", json={"rules": list(rules)})
    assert answer.is_success, answer.text


def do_to_connections(system: System, action: str) -> None:
    answer = system.http.post("/_faults/connections/*", json={"action": action})
    assert answer.is_success, answer.text


def open_connections(system: System) -> int:
    found: list[object] = system.http.get("/_faults/connections").json()
    return len(found)


def check_the_end(updates: list[Update], total: int) -> None:
    """Exact, once, and nothing has gone back."""
    assert ("completed", total) == (updates[-1].status, updates[-1].processed)
    assert sorted({update.seq for update in updates}) == [update.seq for update in updates]
    assert sorted(update.processed for update in updates) == [update.processed for update in updates]


@asynccontextmanager
async def managing(url: str) -> AsyncIterator[WebSocketProgressManager]:
    """The socket alone: nothing here asks the record."""
    manager = WebSocketProgressManager(url)
    try:
        yield manager
    finally:
        await manager.close()


async def test_a_gateway_that_falls_silent_is_found_and_left(
    lively_system: System, work_ids: list[str]
) -> None:
    """It neither reads nor sends any more, and nobody says so: two and a half heartbeats."""
    job_id, updates = new_id(), list[Update]()
    async with managing(lively_system.socket_url) as manager:
        watch = manager.follow(job_id, updates.append)
        await until(watch.listening.is_set)
        await asyncio.to_thread(do_to_connections, lively_system, "stall")
        await asyncio.to_thread(lively_system.start, work_ids[:50], job_id)

        await until(lambda: updates and updates[-1].terminal, seconds=60)

    assert ("completed", 50) == (updates[-1].status, updates[-1].processed)


async def test_a_network_that_swallows_everything_is_found_and_left(
    lively_system: System, work_ids: list[str]
) -> None:
    """The connection looks as it did: only the missing answers tell."""
    job_id, updates = new_id(), list[Update]()
    async with (
        cutting_proxy(lively_system.stack.emulator["port"]) as proxy,
        managing(f"{proxy.url.replace('http', 'ws')}/ws/progress") as manager,
    ):
        watch = manager.follow(job_id, updates.append)
        await until(watch.listening.is_set)
        proxy.swallow_all()
        await asyncio.to_thread(lively_system.start, work_ids[:50], job_id)

        await until(lambda: updates and updates[-1].terminal, seconds=60)
        assert 0 == proxy.cuts

    assert ("completed", 50) == (updates[-1].status, updates[-1].processed)


async def test_when_every_push_is_lost_the_client_completes_by_the_record(
    system: System, work_ids: list[str]
) -> None:
    """The record comes first and the stream second: without a single frame the states are the same."""
    set_faults(system, {"where": "frame_out", "action": "lose"})
    try:
        async with bookstrack.connect(system.stack.url) as client:
            job = await client.enrich(work_ids[:60])
            updates = [update async for update in job]
            result = await job.result()
    finally:
        set_faults(system)

    check_the_end(updates, 60)
    assert work_ids[:60] == [item.work_id for item in result.items]


async def test_whichever_way_the_end_comes_it_is_the_same(system: System, work_ids: list[str]) -> None:
    """By the stream, by the record, or a bit by each: only the frame's time is the stream's own."""
    url, nowhere = system.stack.url, f"{system.socket_url}/none"
    async with bookstrack.connect(url) as stream, bookstrack.connect(url, socket_url=nowhere) as record:
        job = await stream.enrich(work_ids[:60])
        polled = await record.watch(job.job_id)
        by_stream, by_record = [[update async for update in each] for each in (job, polled)]

    check_the_end(by_stream, 60)
    check_the_end(by_record, 60)
    assert by_record[-1] == dataclasses.replace(by_stream[-1], timestamp=0)


async def test_many_jobs_share_a_socket_and_all_end(system: System, work_ids: list[str]) -> None:
    """Ten at once: one connection, each with its own states, also when it is cut in the middle."""
    async with bookstrack.connect(system.stack.url) as client:
        jobs = await asyncio.gather(
            *(client.enrich(work_ids[part : part + 20]) for part in range(0, 200, 20))
        )
        shared = await asyncio.to_thread(open_connections, system)
        await asyncio.to_thread(do_to_connections, system, "drop")
        results = await asyncio.gather(*(job.result() for job in jobs))

    assert 1 == shared
    assert 10 * ["completed"] == [result.status for result in results]
    assert work_ids[:200] == [item.work_id for result in results for item in result.items]


def remembering(dice: random.Random, kept: list[float]) -> Callable[[float, float], float]:
    """A source of chance that keeps what it gave."""

    def uniform(low: float, high: float) -> float:
        kept.append(dice.uniform(low, high))
        return kept[-1]

    return uniform


@pytest.mark.timeout(300)
@pytest.mark.emulator(template="storm/template.yaml")
async def test_a_thousand_clients_cut_off_at_once_come_back_apart(emulator: TestEmulator) -> None:
    """Each of them after its own pause, so that they arrive no thicker than the pauses are spread: sooner or later on a
    busy machine, but never in a crowd."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    dice, pauses = random.Random(5), [list[float]() for _ in range(CLIENTS)]
    url = emulator.socket_url()
    managers = [WebSocketProgressManager(url, uniform=remembering(dice, kept)) for kept in pauses]
    try:
        watches = []
        for manager in managers:
            watches.append(manager.follow(str(uuid.uuid4()), print))
            if len(watches) % 50 == 0:
                await until(lambda: all(watch.listening.is_set() for watch in watches), seconds=60)
        assert not any(pauses)
        before = {one.connection_id for one in emulator.connections()}
        cut_at = time.time()
        await asyncio.to_thread(emulator.faults.drop)
        await until(lambda: all(pauses), seconds=60)
        await until(lambda: all(watch.listening.is_set() for watch in watches), seconds=60)
        back = [one for one in emulator.connections() if one.connection_id not in before]
    finally:
        await asyncio.gather(*(manager.close() for manager in managers))

    arrived = sorted(one.info.connected_at / 1000 - cut_at for one in back)
    first = sorted(kept[0] for kept in pauses)
    assert CLIENTS == len(arrived)
    assert CLIENTS / 4 == pytest.approx(sum(pause < BASE_SECONDS / 4 for pause in first), rel=0.2)
    # A thousandth of a second for the rounding of the gateway's clock.
    assert all(at >= pause - 0.001 for at, pause in zip(arrived, first, strict=True))
