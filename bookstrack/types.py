"""What the library gives: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TERMINAL_STATUSES = frozenset({"completed", "failed", "cancelled"})

ENRICHMENT, IMPORT, SCAN = "enrichment", "import", "scan"
"""The kinds of job."""

JSON, COMPACT = "json", "compact"
"""The encodings in which a socket may show states."""


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
    """None where nothing is looked up, and where the state came compact."""
    error: str | None = None
    eta: float | None = None
    """Seconds left, or None while nothing can be said."""
    timestamp: int = 0
    """The server's time of the frame in Unix milliseconds; 0 where it came without: compact, or from the record."""

    @property
    def terminal(self) -> bool:
        """The job has ended."""
        return self.status in TERMINAL_STATUSES


@dataclass(frozen=True, kw_only=True)
class RejectedRow:
    """A row of a file that cannot be used."""

    line: int
    """Where it begins in the file, the first line being 1."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class JobStarted:
    """The answer to a start; of a job that was started before, what its record says."""

    job_id: str
    total: int
    """Works; of a scan 1, the photo, until it has been read."""
    kind: str = ENRICHMENT
    """`enrichment`, `import` or `scan`."""
    rejected: tuple[RejectedRow, ...] = ()
    """Of an import."""


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
    line: int | None = None
    """Of an import: where its row begins in the file."""
    own: Mapping[str, Any] | None = None
    """Of an import: what the file says of it, such as rating, shelves and dates read."""


@dataclass(frozen=True, kw_only=True)
class JobResult:
    """How an enrichment or an import ended, with every result in the order of the works."""

    job_id: str
    status: str
    items: tuple[ResultItem, ...]
    total: int
    error: str | None = None
    kind: str = ENRICHMENT
    rejected: tuple[RejectedRow, ...] = ()
    """Rows of the imported file that cannot be used: they are none of the items."""

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


@dataclass(frozen=True, kw_only=True)
class Box:
    """A place in a photo, as shares (0 to 1) of its width and height once it is turned upright (EXIF orientation);
    (x1, y1) is the corner at the top left."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A book that a spine may be."""

    title: str
    metadata: Mapping[str, Any]
    score: float
    """How well it fits what was read: 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Book:
    """A book that stands on the shelf: it was matched by what was read on its spine."""

    title: str
    metadata: Mapping[str, Any]
    confidence: float
    """How well it fits what was read: 0 to 1."""
    author_confirmed: bool
    """Its author was read too."""
    text: str
    """What was read on the spine."""
    box: Box
    spine: int
    """Its number among the spines of the photo."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A spine that was read, but that may be several books or none: for a person to pick."""

    text: str
    """What was read on it."""
    box: Box
    spine: int
    candidates: tuple[Candidate, ...]
    """The best first; there may be none."""


@dataclass(frozen=True, kw_only=True)
class ScanResult:
    """What stands on the shelf, from left to right."""

    job_id: str
    status: str
    books: tuple[Book, ...]
    suggestions: tuple[Suggestion, ...]
    error: str | None = None
