"""How long to wait before the next attempt: full jitter, so that clients that were cut off together come back apart."""

from __future__ import annotations

import random
from collections.abc import Callable

BASE_SECONDS = 0.5
CAP_SECONDS = 20.0
STABLE_SECONDS = 5.0
"""A connection that lasted so long was a good one: the next failure is the first again."""
SOON_SECONDS = 1.0
"""After a server that closed on purpose, the first attempt comes within this."""


class Backoff:
    """Counts failures in a row. `uniform` is the source of chance: the low and the high end in, a number out."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    def connection_ended(self, lasted: float) -> None:
        """Tells how long the last connection was of use, in seconds."""
        if lasted >= STABLE_SECONDS:
            self._failures = 0

    def next_delay(self, *, soon: bool = False) -> float:
        """Seconds to wait: between 0 and twice as long as the time before, or within a second if `soon`."""
        if soon and not self._failures:
            self._failures = 1
            return self._uniform(0, SOON_SECONDS)
        ceiling = min(CAP_SECONDS, BASE_SECONDS * 2 ** min(self._failures, 16))
        self._failures += 1
        return self._uniform(0, ceiling)
