"""What a provider's bad days are made of: latency, errors, rate limits; settable while it runs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Seconds, shares of requests (0 to 1), and requests a second (0: no limit)."""

    latency: float = 0.0
    jitter: float = 0.0
    error_rate: float = 0.0
    rate_limit: float = 0.0

    def changed(self, **values: Any) -> Faults:
        """With some values replaced.

        Raises:
            ValueError: a name is unknown, or a value is no number from 0 (to 1, for a share).
        """
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name} is unknown; there are {', '.join(sorted(known))}")
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or value < 0 or (name == "error_rate" and value > 1):
                raise ValueError(
                    f"{name}={value!r}: a number from 0 is wanted" + (" to 1" * (name == "error_rate"))
                )
        return replace(self, **values)


class Misfortune:
    """Decides, for each request, what befalls it. The same seed gives the same sequence."""

    def __init__(self, faults: Faults, *, seed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.faults = faults
        self._dice = random.Random(seed)  # noqa: S311 it decides on misfortune, not on secrets
        self._clock = clock
        self._allowance = 1.0
        self._filled_at = clock()

    def delay(self) -> float:
        """Seconds that the answer takes."""
        return self.faults.latency + self._dice.uniform(0, self.faults.jitter)

    def error(self) -> int | None:
        """429 or 503, or None for luck."""
        if self.faults.rate_limit and not self._admit(self.faults.rate_limit):
            return 429
        if self.faults.error_rate and self._dice.random() < self.faults.error_rate:
            return 503
        return None

    def _admit(self, rate: float) -> bool:
        now = self._clock()
        self._allowance = min(rate, self._allowance + (now - self._filled_at) * rate)
        self._filled_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True
