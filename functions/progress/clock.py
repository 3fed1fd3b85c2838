"""The time, in the two units that the system uses: milliseconds on the wire, seconds in TTLs."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Milliseconds since the epoch. Passed in wherever time matters, so that tests can turn it."""


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000
