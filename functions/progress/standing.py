"""How a job stands while it runs, by its chunks: what is worked on, what waits, what lies still. Pure.

Waiting is not stalling: a chunk that no worker has taken is in its queue, behind other people's work perhaps, and
nothing is wrong with it. One that a worker has taken is done within that worker's time-out, or the worker is dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from progress.job import Totals


class ChunkState(Enum):
    """What is going on with a chunk."""

    FINISHED = auto()
    WAITING = auto()
    """Sent, and no worker has taken it."""
    PUT_OFF = auto()
    """Left until something can be tried again."""
    AT_WORK = auto()
    STALLED = auto()
    """Taken so long ago that whoever took it is dead."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A chunk's row. Times are milliseconds since the epoch."""

    number: int
    size: int
    counted: int = 0
    failed: int = 0
    begun_at: int | None = None
    due_at: int | None = None

    def state(self, now: int, *, stalled_after_ms: int) -> ChunkState:
        """What is going on with it at that time."""
        if self.counted >= self.size:
            return ChunkState.FINISHED
        if self.begun_at is not None:
            stalled = now - self.begun_at > stalled_after_ms
            return ChunkState.STALLED if stalled else ChunkState.AT_WORK
        return ChunkState.PUT_OFF if now < (self.due_at or 0) else ChunkState.WAITING


def totals(chunks: Sequence[Chunk]) -> Totals:
    """Counts over all chunks."""
    return Totals(
        processed=sum(chunk.counted for chunk in chunks), failed=sum(chunk.failed for chunk in chunks)
    )
