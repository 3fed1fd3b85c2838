"""What a file holds: entries to look up, and rows that were rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be used, and why, for the person whose file it is."""

    line: int
    reason: str


@dataclass(frozen=True)
class Entry:
    """A book: what to look it up by, and what the file says of it."""

    line: int
    """Where its row starts, the header of a usual file being line 1."""
    title: str | None
    """Without its series."""
    author: str | None
    """The first, as "Given Surname"."""
    isbn: str | None
    """ISBN-13, valid."""
    own: dict[str, Any]
    """As JSON; only what is there."""

    def to_item(self) -> dict[str, Any]:
        """`{workId, line, title?, author?, isbn?, own?}`."""
        item = {
            "workId": self.isbn or f"line-{self.line}",
            "line": self.line,
            "title": self.title,
            "author": self.author,
            "isbn": self.isbn,
            "own": self.own or None,
        }
        return {name: value for name, value in item.items() if value is not None}


@dataclass(frozen=True)
class Library:
    """A file that was read. Every row is either an entry or rejected."""

    format: str
    """`goodreads`, `storygraph`, `librarything` or `other`."""
    entries: tuple[Entry, ...]
    rejected: tuple[Rejected, ...]

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return len(self.entries) + len(self.rejected)
