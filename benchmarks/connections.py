"""Many connections on this emulator: `make bench-connections`.

    python -m benchmarks.connections [--connections 5000] [--rate 200] [--docs]

Opens them at a steady pace and leaves them idle, tells what each costs, and then what an active client notices: of
the idle ones, and of one that is posted to and never reads.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import uvloop
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from benchmarks.peers import docs
from benchmarks.peers.client import Clients, PostError, Raw, Socket, clients, echo
from benchmarks.peers.rows import first_connection, percentile
from benchmarks.peers.targets import Running, start_emulator

_ECHOES = 500
_LARGE = "x" * 60_000
_MOST_POSTS = 1000

console = Console(stderr=True)

Figures = dict[str, float]

TITLES = {
    "opened": "connections opened",
    "rate": "opened a second, at the pace asked for",
    "connect_p50": "from the request to 101, p50, ms",
    "connect_p99": "from the request to 101, p99, ms",
    "refused": "connections refused",
    "memory": "emulator's own memory with them, MB",
    "memory_per_1000": "memory per 1,000 idle connections, MB",
    "echo_alone_p50": "echo round trip without them, p50, ms",
    "echo_alone_p99": "echo round trip without them, p99, ms",
    "echo_idle_p50": "echo round trip among them, p50, ms",
    "echo_idle_p99": "echo round trip among them, p99, ms",
    "silent": "idle connections that answer no more, of 100",
    "slow_posts": "posts of 60 KB that one who never reads was sent",
    "slow_status": "status of the next post to it",
    "echo_slow_p50": "echo round trip of another meanwhile, p50, ms",
    "echo_slow_p99": "echo round trip of another meanwhile, p99, ms",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where connections were refused or have died."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        figures = uvloop.run(measure(Path(scratch), options.connections, options.rate))
    table = Table(title=f"{options.connections} connections, {options.rate} a second", show_header=False)
    for name, title in TITLES.items():
        table.add_row(title, _shown(figures[name]))
    Console().print(table)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if options.docs:
        docs.write("connections", _markdown(options.connections, options.rate, figures))
    return 1 if figures["refused"] or figures["silent"] else 0


async def measure(scratch: Path, number: int, rate: int) -> Figures:
    """All figures, by their names in TITLES."""
    running = await asyncio.to_thread(start_emulator, scratch)
    try:
        await first_connection(running)
        async with clients(running.url) as opened:
            return await _figures(running, opened, number, rate)
    finally:
        await asyncio.to_thread(running.program.stop)


async def _figures(running: Running, opened: Clients, number: int, rate: int) -> Figures:
    active = await opened.connect()
    figures = await _echoes("alone", active)
    # What the first ones cost, and histories of bounded length, are not what each costs.
    await opened.connect_many(50)
    await _echoes("alone", active)
    await asyncio.to_thread(running.program.rest)
    before = running.program.own_memory_mb()
    figures |= await _open(opened, number, rate)
    await asyncio.to_thread(running.program.rest)
    figures["memory"] = running.program.own_memory_mb()
    figures["memory_per_1000"] = (figures["memory"] - before) / figures["opened"] * 1000
    figures |= await _echoes("idle", active)
    figures["silent"] = await _silent(opened)
    figures |= await _slow_reader(running, active)
    return figures


async def _open(opened: Clients, number: int, rate: int) -> Figures:
    times: list[float] = []
    refused = 0

    async def one(due: float) -> None:
        nonlocal refused
        await asyncio.sleep(due - time.perf_counter())
        began = time.perf_counter()
        try:
            await opened.connect()
        except (aiohttp.ClientError, OSError):
            refused += 1
        else:
            times.append(time.perf_counter() - began)

    started = time.perf_counter()
    await asyncio.gather(*(one(started + place / rate) for place in range(number)))
    return {
        "opened": len(times),
        "rate": len(times) / (time.perf_counter() - started),
        "connect_p50": percentile(times, 50) * 1000,
        "connect_p99": percentile(times, 99) * 1000,
        "refused": refused,
    }


async def _silent(opened: Clients) -> int:
    """How many of a hundred idle ones, from all over the time in which they came, do not answer any more."""
    sample = opened.sample(100)
    answers = await asyncio.gather(*(echo(client) for client in sample), return_exceptions=True)
    return sum(isinstance(answer, BaseException) for answer in answers)


async def _echoes(name: str, client: Socket) -> Figures:
    times = [await echo(client) for _ in range(_ECHOES)]
    return {
        f"echo_{name}_p50": percentile(times, 50) * 1000,
        f"echo_{name}_p99": percentile(times, 99) * 1000,
    }


async def _slow_reader(running: Running, active: Socket) -> Figures:
    async with connect(running.url, proxy=None, max_queue=1, ping_interval=None) as slow:
        await slow.send(json.dumps({"action": "push"}))
        connection_id = json.loads(await slow.recv())["connectionId"]
        raw = Raw(running.callback_url, connection_id, _LARGE)
        with contextlib.closing(raw):
            filling = asyncio.create_task(asyncio.to_thread(_fill, raw))
            figures = await _echoes("slow", active)
            figures["slow_posts"], figures["slow_status"] = await filling
        slow.transport.abort()
    return figures


def _fill(raw: Raw) -> tuple[int, int]:
    """Posts until a post is refused: how many were not, and the status of the one that was."""
    for number in range(_MOST_POSTS):
        try:
            raw.post()
        except PostError as error:
            return number, error.status
    return _MOST_POSTS, 200


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _markdown(number: int, rate: int, figures: Figures) -> str:
    lines = [
        f"`python -m benchmarks.connections --connections {number} --rate {rate}`, {docs.machine()}.",
        "",
    ]
    lines += ["| | |", "| --- | ---: |"]
    lines += [f"| {title} | {_shown(figures[name])} |" for name, title in TITLES.items()]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.connections", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--connections", type=int, default=5000, metavar="N", help="default 5000")
    add("--rate", type=int, default=200, metavar="N", help="new ones a second (default 200)")
    add("--json", type=Path, metavar="FILE", help="write the figures there")
    add("--docs", action="store_true", help="put the figures into docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
