"""The cache as one chunk's look-ups see it: read once for all of them, written a few at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Self

from books.cache import Cache, Cached

_HELD_SECONDS = 0.5
"""What was found is written down when the next is found after that: another worker may be waiting for it."""
_LOOK_AGAIN_SECONDS = 0.2
_MOST_REMEMBERED_KEY = 500
"""A cache key longer than this is not worth a row; DynamoDB would take 2,048 bytes."""


class Memory:
    """A context manager: what it was told is written down at its end. Thread-safe."""

    def __init__(
        self,
        cache: Cache,
        keys: Collection[str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads what is known under those `keys` that are worth it, in one request."""
        self._cache = cache
        self._clock = clock
        self._lock = threading.Lock()
        self._unwritten: dict[str, Cached] = {}
        self._held_since = 0.0
        wanted = list(dict.fromkeys(key for key in keys if _worth_it(key)))
        self._known: dict[str, Cached | None] = {}
        for start in range(0, len(wanted), cache.MOST):
            self._known |= cache.get(wanted[start : start + cache.MOST])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write()

    def get(self, key: str) -> Cached | None:
        """What was known when this began, or was found since by those who share this."""
        if not _worth_it(key):
            return None
        if key not in self._known:
            self._known |= self._cache.get([key])
        return self._known.get(key)

    def await_answer(self, key: str, *, seconds: float) -> Cached | None:
        """The same, where somebody else is looking it up at this moment: waits until that one has found it."""
        # Whoever waits for others leaves nobody waiting.
        self._write()
        gives_up = self._clock() + seconds
        while (known := self.get(key)) is None and _worth_it(key) and self._clock() < gives_up:
            time.sleep(_LOOK_AGAIN_SECONDS)
            fresh = self._cache.get([key]).get(key)
            if fresh is not None:
                self._known[key] = fresh
        return known

    def put(self, key: str, found: Cached) -> None:
        """Remembers an outcome."""
        if not _worth_it(key):
            return
        with self._lock:
            self._known[key] = found
            if not self._unwritten:
                self._held_since = self._clock()
            self._unwritten[key] = found
            full = len(self._unwritten) >= self._cache.MOST
            due = full or self._clock() - self._held_since >= _HELD_SECONDS
            # In the same step, so that nobody adds one more to a batch that is full.
            outcomes = self._take() if due else {}
        self._tell(outcomes)

    def _write(self) -> None:
        with self._lock:
            outcomes = self._take()
        self._tell(outcomes)

    def _take(self) -> dict[str, Cached]:
        outcomes, self._unwritten = self._unwritten, {}
        return outcomes

    def _tell(self, outcomes: dict[str, Cached]) -> None:
        if outcomes:
            self._cache.put(outcomes)


def _worth_it(key: str) -> bool:
    return len(key) <= _MOST_REMEMBERED_KEY
