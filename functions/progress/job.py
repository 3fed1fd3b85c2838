"""A job in words: where it is in its life, what came of its items, what it has shown. Pure; `jobs` keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

CHUNK_SIZE = 25
"""Items in a chunk: one SQS message, one set of numbers that stays small (a write costs by the item's size)."""

MAX_ITEMS = 10_000
"""Items in a job."""


class Status(StrEnum):
    """Where a job is in its life."""

    WAITING = "waiting"
    """Recorded; no work sent yet, so that its first watcher misses nothing."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Nothing changes any more."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class ItemStatus(StrEnum):
    """How an item came out."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """What came of one item.

    `label` tells a person what was done; with a `stage`, such as "Identifying", it is only what the item is called,
    and the two are shown as "Identifying 5 of 17: The Hobbit". `detail` is merged into its row of the results.
    """

    status: ItemStatus
    label: str
    stage: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Counts over all chunks, read strongly."""

    processed: int = 0
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job's META row. Times are milliseconds since the epoch.

    `processed_items`, `failed_items` and `current_status` are the state as last shown under `seq`, not the newest
    counts: a snapshot of this row therefore never runs ahead of, nor falls behind, the frames.
    """

    job_id: str
    kind: str
    status: Status
    total_items: int
    request_hash: str
    input_hash: str
    """Under which its items are stored: the request's own until it unfolds."""
    owner: str
    created_at: int
    seq: int = 0
    processed_items: int = 0
    failed_items: int = 0
    current_status: str = ""
    current_work_id: str | None = None
    error: str | None = None
    last_emit_at: int = 0
    """When the last progress frame was committed."""
    started_at: int | None = None
    finished_at: int | None = None
    watchers: int = 0
    """Grows with each subscription: a connection list read at the same value is complete."""
    acked_seq: int | None = None
    """The newest frame that any watcher said it has."""
    announced: bool = False
    """The terminal frame has been posted to all who watched."""
    watched_items: int = 0
    watched_at: int = 0
    redispatched: int = 0
    traceparent: str | None = None
    unfolds: bool = False
    """Its one item stands for others that are not known yet, as a photo does for the books on it."""

    dispatched: bool = False
    """Its chunks have been sent."""
    counted: int | None = None
    """Which items the counts are of, bit n for item n, where the job ended before all were counted."""

    def counts(self, number: int) -> bool:
        """Whether the record, as it stands, counts that item; of a job that has not ended it may, any time."""
        return self.counted is None or bool(self.counted >> number & 1)

    @property
    def progress(self) -> float:
        """0 to 1."""
        if self.status is Status.COMPLETED:
            return 1.0
        return self.processed_items / self.total_items if self.total_items else 0.0

    @property
    def eta_ms(self) -> int | None:
        """Milliseconds left at the pace so far, or None while nothing can be said."""
        if self.status is not Status.RUNNING or not self.processed_items or self.started_at is None:
            return None
        elapsed = max(0, self.last_emit_at - self.started_at)
        return round(elapsed * (self.total_items - self.processed_items) / self.processed_items)

    @property
    def chunks(self) -> int:
        """How many chunks the items make."""
        return -(-self.total_items // CHUNK_SIZE)


def hash_request(
    kind: str, items: Sequence[Mapping[str, Any]], rejected: Sequence[Mapping[str, Any]] = ()
) -> str:
    """Tells whether two requests ask for the same; the order of keys does not matter, that of items does."""
    canonical = json.dumps(
        [kind, items, *rejected], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
