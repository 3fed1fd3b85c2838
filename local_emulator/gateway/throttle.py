"""Token buckets, as API Gateway throttles with: `rate` requests a second, `burst` at once (cases B23, G10)."""

from __future__ import annotations

import time
from collections.abc import Callable

from local_emulator.model import Stage, Throttle


class _Bucket:
    def __init__(self, throttle: Throttle, clock: Callable[[], float]) -> None:
        self._throttle = throttle
        self._clock = clock
        self._tokens = float(throttle.burst)
        self._filled_at = clock()

    def take(self) -> bool:
        now = self._clock()
        grown = (now - self._filled_at) * self._throttle.rate
        self._tokens = min(self._throttle.burst, self._tokens + grown)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttles:
    """A stage's buckets: one a route."""

    def __init__(self, stage: Stage, clock: Callable[[], float] = time.monotonic) -> None:
        self._stage = stage
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def admit(self, route_key: str) -> bool:
        """Whether one more request of the route may pass now."""
        throttle = self._stage.route_throttles.get(route_key, self._stage.default_throttle)
        if throttle is None:
            return True
        bucket = self._buckets.get(route_key)
        if bucket is None:
            bucket = self._buckets[route_key] = _Bucket(throttle, self._clock)
        return bucket.take()
