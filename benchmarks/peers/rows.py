"""What is measured of each target, in the order in which it is measured."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import aiohttp

from benchmarks.peers.client import Clients, Raw, Sdk, Socket, clients, echo, push, rate
from benchmarks.peers.targets import Running, Target

_START_SECONDS = 60.0
_ROUND_SECONDS = 300.0
_POLL_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure. `better` tells which of two is the good one."""

    title: str
    unit: str
    better: Literal["less", "more"] = "less"
    digits: int = 1


ROWS = {
    "start": Row(title="start to the first accepted connection", unit="s", digits=2),
    "memory_idle": Row(title="memory idle, whole process tree", unit="MB"),
    "memory_without_store": Row(title="the same without the local AWS services", unit="MB"),
    "memory_connections": Row(title="memory per 1,000 idle connections", unit="MB"),
    "connect_serial": Row(title="connections, one by one", unit="1/s", better="more", digits=0),
    "connect_burst": Row(title="connections, 50 at once", unit="1/s", better="more", digits=0),
    "echo_p50": Row(title="echo round trip, 1 client, p50", unit="ms", digits=2),
    "echo_p99": Row(title="echo round trip, 1 client, p99", unit="ms", digits=2),
    "echo_50_p50": Row(title="echo round trip, 50 clients, p50", unit="ms"),
    "echo_50_p99": Row(title="echo round trip, 50 clients, p99", unit="ms"),
    "echo_50_rate": Row(title="echo messages, 50 clients", unit="1/s", better="more", digits=0),
    "push_p50": Row(title="push: call in the handler to the client, p50", unit="ms", digits=2),
    "push_p99": Row(title="push: call in the handler to the client, p99", unit="ms", digits=2),
    "posts_sdk": Row(title="@connections posts, one boto3 client", unit="1/s", better="more", digits=0),
    "posts_raw": Row(title="@connections posts, one pre-signed client", unit="1/s", better="more", digits=0),
    "posts_100": Row(title="posts to 100 connections, one boto3 client", unit="ms", digits=0),
    "memory_loaded": Row(title="memory after the load, whole process tree", unit="MB"),
    "processes": Row(title="processes after the load", unit="", digits=0),
}


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is done for a figure; what takes longer than `seconds` is measured over what was done until then."""

    operations: int = 1000
    waves: int = 6
    idle_connections: int = 1000
    seconds: float = 4.0


QUICK = Effort(operations=100, waves=2, idle_connections=200, seconds=1.0)


async def measure(target: Target, scratch: Path, effort: Effort) -> dict[str, float]:
    """All figures of a fresh instance, by their names in ROWS.

    Raises:
        RuntimeError, aiohttp.ClientError, TimeoutError: it failed.
    """
    started = time.perf_counter()
    running = await asyncio.to_thread(target.start, scratch)
    try:
        async with asyncio.timeout(_ROUND_SECONDS):
            return await _figures(running, started, effort)
    finally:
        await asyncio.to_thread(running.program.stop)


async def _figures(running: Running, started: float, effort: Effort) -> dict[str, float]:
    await first_connection(running)
    figures = {"start": time.perf_counter() - started}
    figures |= await _memory(running, effort)
    figures |= await _connections(running, effort)
    figures |= await _echoes(running, effort)
    figures |= await _pushes(running, effort)
    await _rest(running)
    figures["memory_loaded"] = running.program.memory_mb()
    figures["processes"] = len(running.program.tree())
    return figures


async def first_connection(running: Running) -> None:
    """Waits until it accepts one. Raises RuntimeError where it ends instead, or takes longer than a minute."""
    deadline = time.perf_counter() + _START_SECONDS
    while True:
        running.program.check()
        async with clients(running.url) as opened:
            try:
                await opened.connect()
                return
            except aiohttp.ClientError as error:
                if time.perf_counter() > deadline:
                    raise RuntimeError(f"no connection within {_START_SECONDS:.0f} s: {error}") from error
        await asyncio.sleep(_POLL_SECONDS)


async def _memory(running: Running, effort: Effort) -> dict[str, float]:
    await _rest(running)
    figures = {"memory_idle": running.program.memory_mb()}
    store = running.program.memory_of_mb(running.store) if running.store else 0.0
    figures["memory_without_store"] = figures["memory_idle"] - store
    async with clients(running.url) as opened:
        # What the first ones cost, and histories of bounded length, are not what each costs.
        await _until(opened, 50, effort)
        await _echo_until(await opened.connect(), 2 * effort.operations, effort.seconds)
        await _rest(running)
        before = running.program.own_memory_mb()
        number = await _until(opened, effort.idle_connections, effort)
        await _rest(running)
        figures["memory_connections"] = (running.program.own_memory_mb() - before) / number * 1000
    await _rest(running)
    return figures


async def _until(opened: Clients, number: int, effort: Effort) -> int:
    """Opens that many connections, ten at a time, or as many as three times the time allows."""
    deadline = time.perf_counter() + 3 * effort.seconds
    done = 0
    while done < number and time.perf_counter() < deadline:
        done += len(await opened.connect_many(10))
    return done


async def _connections(running: Running, effort: Effort) -> dict[str, float]:
    figures = {}
    async with clients(running.url) as opened:
        figures["connect_serial"] = await _connect_rate(opened, 1, effort.operations // 2, effort)
    await _rest(running)
    async with clients(running.url) as opened:
        await opened.connect_many(50)
        figures["connect_burst"] = await _connect_rate(opened, 50, effort.waves * 50, effort)
    await _rest(running)
    return figures


async def _connect_rate(opened: Clients, at_once: int, number: int, effort: Effort) -> float:
    started = time.perf_counter()
    done = 0
    while done < number and time.perf_counter() - started < effort.seconds:
        done += len(await opened.connect_many(at_once))
    return done / (time.perf_counter() - started)


async def _echoes(running: Running, effort: Effort) -> dict[str, float]:
    async with clients(running.url) as opened:
        alone = await opened.connect()
        await _echo_until(alone, 50, effort.seconds)
        one = await _echo_until(alone, effort.operations, effort.seconds)
        many = [alone, *await opened.connect_many(49)]
        await asyncio.gather(*(_echo_until(client, 5, effort.seconds) for client in many))
        started = time.perf_counter()
        each = await asyncio.gather(
            *(_echo_until(client, effort.operations, effort.seconds / 2) for client in many)
        )
        seconds = time.perf_counter() - started
    all_ = [taken for times in each for taken in times]
    figures = {**_percentiles("echo", one), **_percentiles("echo_50", all_)}
    figures["echo_50_rate"] = len(all_) / seconds
    await _rest(running)
    return figures


async def _echo_until(client: Socket, number: int, seconds: float) -> list[float]:
    deadline = time.perf_counter() + seconds
    times: list[float] = []
    while len(times) < number and time.perf_counter() < deadline:
        times.append(await echo(client))
    return times


async def _pushes(running: Running, effort: Effort) -> dict[str, float]:
    async with clients(running.url) as opened:
        client = await opened.connect()
        for _ in range(10):
            _, connection_id = await push(client)
        times: list[float] = []
        deadline = time.perf_counter() + effort.seconds
        while len(times) < effort.operations // 2 and time.perf_counter() < deadline:
            taken, _ = await push(client)
            times.append(taken)
        figures = _percentiles("push", times)
        sdk, raw = Sdk(running.callback_url), Raw(running.callback_url, connection_id)
        with contextlib.closing(sdk), contextlib.closing(raw):
            async with _reading(client):
                figures |= await asyncio.to_thread(_posts, sdk, raw, connection_id, effort)
            many = await opened.connect_many(100)
            ids = [(await push(each))[1] for each in many]
            figures["posts_100"] = await _post_to_all(sdk, many, ids, effort) * 1000
    return figures


def _posts(sdk: Sdk, raw: Raw, connection_id: str, effort: Effort) -> dict[str, float]:
    rate(lambda: sdk.post(connection_id), 20, effort.seconds)
    rate(raw.post, 20, effort.seconds)
    return {
        "posts_sdk": rate(lambda: sdk.post(connection_id), effort.operations, effort.seconds),
        "posts_raw": rate(raw.post, 5 * effort.operations, effort.seconds),
    }


async def _post_to_all(sdk: Sdk, many: list[Socket], ids: list[str], effort: Effort) -> float:
    """Seconds from the first post to the last arrival."""

    def post() -> None:
        for connection_id in ids:
            sdk.post(connection_id)

    times = []
    for _ in range(effort.waves):
        started = time.perf_counter()
        await asyncio.gather(asyncio.to_thread(post), *(each.receive() for each in many))
        times.append(time.perf_counter() - started)
    return statistics.median(times)


@contextlib.asynccontextmanager
async def _reading(client: Socket) -> AsyncIterator[None]:
    """Reads what comes, so that the target need not hold it."""

    async def read() -> None:
        while True:
            await client.receive()

    reader = asyncio.create_task(read())
    try:
        yield
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader


async def _rest(running: Running) -> None:
    await asyncio.to_thread(running.program.rest)


def percentile(times: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _percentiles(name: str, times: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p{percent}": percentile(times, percent) * 1000 for percent in (50, 99)}
