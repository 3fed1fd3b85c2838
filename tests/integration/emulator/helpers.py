"""What the emulator's integration tests share."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_emulator.model import Function

FUNCTIONS = Path(__file__).parent / "functions"
TEMPLATE = Path(__file__).parent / "template.yaml"


def function(handler: str, **settings: Any) -> Function:
    """A function of `functions/`, by default called F."""
    defaults = {"logical_id": "F", "name": "local-F", "runtime": "python3.11", "code": FUNCTIONS}
    return Function(handler=handler, **{**defaults, **settings})


async def eventually(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Waits until `condition`, which may be a coroutine function, gives something true, and gives that."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return status != "Z" and os.path.exists(f"/proc/{pid}")  # noqa: PTH110
