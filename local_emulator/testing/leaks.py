"""What is left behind when an emulator has stopped."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

_PATIENCE_SECONDS = 2.0
"""How long what is about to end may take."""


async def tasks() -> list[str]:
    """Tasks of this loop that still run, the caller's excepted."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=_PATIENCE_SECONDS)
    return [f"a task still runs: {task.get_coro()}" for task in left]


async def processes(marker: str) -> list[str]:
    """Processes whose environment has `marker` in it, which only those of one emulator have; Linux only.

    A function's own process ends with the emulator; one that it started in another session may not.
    """
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while (left := _with(marker.encode())) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return [f"a process of a function still runs: {pid} {name}" for pid, name in left]


def _with(marker: bytes) -> list[tuple[int, str]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes() and int(folder.name) != os.getpid():
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append((int(folder.name), command.strip()))
        except OSError:
            continue  # another user's, or gone
    return found
