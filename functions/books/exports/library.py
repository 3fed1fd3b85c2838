"""What a file holds: entries to look up, and rows that were rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from books.work import Work


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
        """`{workId, title?, author?, isbn?, kept: {line, own?}}`; what is kept goes into the result, whatever it is."""
        asked = {"title": self.title, "author": self.author, "isbn": self.isbn}
        kept = {"line": self.line, "own": self.own} if self.own else {"line": self.line}
        return {
            "workId": self.isbn or f"line-{self.line}",
            **{name: value for name, value in asked.items() if value is not None},
            "kept": kept,
        }


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

    def to_items(self) -> list[dict[str, Any]]:
        """The entries' items in file order; `again: true` in those that ask the same as one before."""
        asked: set[str] = set()
        items = [entry.to_item() for entry in self.entries]
        for item in items:
            question = Work.from_dict(item).cache_key
            if question in asked:
                item["again"] = True
            asked.add(question)
        return items
