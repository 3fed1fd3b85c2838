"""Waiting for a condition, with a deadline; never for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, seconds: float = 15, what: str = "") -> None:
    """Returns as soon as `condition` holds.

    Raises:
        TimeoutError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what or condition} did not come true within {seconds} s")
        time.sleep(0.005)


async def until(condition: Callable[[], object], *, seconds: float = 15, what: str = "") -> None:
    """The same for a coroutine: others go on meanwhile.

    Raises:
        TimeoutError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what or condition} did not come true within {seconds} s")
        await asyncio.sleep(0.005)
