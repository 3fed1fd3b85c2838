"""What the library gives: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TERMINAL_STATUSES = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class Update:
    """A job's state at one moment, from a frame or from the record: the two are the same."""

    job_id: str
    seq: int
    """Grows with each state that the job shows."""
    status: str
    """`waiting`, `running`, `completed`, `failed` or `cancelled`."""
    progress: float
    """0 to 1."""
    processed: int
    total: int
    failed: int
    current_status: str
    """For a person, such as "Enriching: Emma by Jane Austen"."""
    current_work_id: str | None = None
    error: str | None = None
    eta: float | None = None
    """Seconds left, or None while nothing can be said."""
    timestamp: int = 0
    """Unix milliseconds; 0 where it came without."""

    @property
    def terminal(self) -> bool:
        """The job has ended."""
        return self.status in TERMINAL_STATUSES


@dataclass(frozen=True, kw_only=True)
class JobStarted:
    """The answer to a start."""

    job_id: str
    total: int


@dataclass(frozen=True, kw_only=True)
class ResultItem:
    """What came of one work."""

    index: int
    work_id: str
    status: str
    """`found`, `not_found` or `failed`."""
    metadata: Mapping[str, Any] | None = None
    reason: str | None = None
    """Why it was not found, or what failed."""


@dataclass(frozen=True, kw_only=True)
class JobResult:
    """How a job ended, with every result in the order of the works."""

    job_id: str
    status: str
    items: tuple[ResultItem, ...]
    total: int
    error: str | None = None

    @property
    def found(self) -> int:
        """Works that were found."""
        return self._count("found")

    @property
    def not_found(self) -> int:
        """Works that nobody knows."""
        return self._count("not_found")

    @property
    def failed(self) -> int:
        """Works that could not be looked up."""
        return self._count("failed")

    def _count(self, status: str) -> int:
        return sum(item.status == status for item in self.items)
