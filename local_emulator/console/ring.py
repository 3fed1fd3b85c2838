"""A history of bounded size: the newest entries, in so many bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar


@dataclass(eq=False, slots=True, kw_only=True)
class Entry:
    """One entry of a ring, which numbers it."""

    size: int
    """About how many bytes it holds."""
    number: int = field(default=-1, init=False)


E = TypeVar("E", bound=Entry)


class Ring(Generic[E]):
    """Keeps at most `entries` entries and `size` bytes, but always the newest one."""

    def __init__(self, *, entries: int, size: int) -> None:
        self.most_entries = entries
        self.most_bytes = size
        self.bytes = 0
        self._next = 0
        self._kept: deque[E] = deque()

    def append(self, entry: E) -> None:
        """Numbers an entry and keeps it; the oldest ones make room."""
        entry.number = self._next
        self._next += 1
        self._kept.append(entry)
        self.bytes += entry.size
        self._make_room()

    def grow(self, entry: E, by: int) -> None:
        """An entry holds more than it did. One that is not kept any more is left alone."""
        entry.size += by
        if self._kept and entry.number >= self._kept[0].number:
            self.bytes += by
            self._make_room()

    def find(self, number: int) -> E | None:
        """The entry of that number, if it is still kept."""
        place = number - self._kept[0].number if self._kept else -1
        return self._kept[place] if 0 <= place < len(self._kept) else None

    def newest(self, count: int) -> list[E]:
        """The last `count` entries, oldest first."""
        return list(islice(self._kept, max(0, len(self._kept) - count), None))

    def clear(self) -> None:
        """Forgets everything; numbers go on."""
        self._kept.clear()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[E]:
        return iter(self._kept)

    def _make_room(self) -> None:
        while len(self._kept) > 1 and (len(self._kept) > self.most_entries or self.bytes > self.most_bytes):
            self.bytes -= self._kept.popleft().size
