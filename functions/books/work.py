"""What is asked for: a work, by whatever the client knows of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from books.isbn import looks_like_isbn, parse_isbn

_OPEN_LIBRARY_ID = re.compile(r"OL\d{1,12}W")


@dataclass(frozen=True)
class Work:
    """`work_id` is the client's name for it; where that is an Open Library id or an ISBN, it also says which book."""

    work_id: str
    title: str | None = None
    author: str | None = None
    isbn: str | None = None

    @classmethod
    def from_dict(cls, item: Mapping[str, Any]) -> Work:
        """From `{workId, title?, author?, isbn?}`; blank texts are none."""
        return cls(item["workId"], *(_text(item.get(name)) for name in ("title", "author", "isbn")))

    @property
    def open_library_id(self) -> str | None:
        """`OL…W`, if the work's id is one."""
        plain = self.work_id.strip().removeprefix("/works/")
        return plain if _OPEN_LIBRARY_ID.fullmatch(plain) else None

    @property
    def isbn13(self) -> str | None:
        """The valid ISBN given, or which the id is."""
        return (parse_isbn(self.isbn) if self.isbn else None) or parse_isbn(self.work_id)

    @property
    def why_not(self) -> str | None:
        """Why it cannot be looked up at all; None if it can."""
        if self.open_library_id or self.isbn13 or self.title:
            return None
        given = self.isbn or self.work_id
        if looks_like_isbn(given):
            return f"{given} is no ISBN: its check digit is wrong"
        return f"{self.work_id} is neither an Open Library work id nor an ISBN, and there is no title to search for"

    @property
    def cache_key(self) -> str:
        """The same for works that are the same question, however it is written."""
        asked = {
            "work": self.open_library_id,
            "isbn": self.isbn13,
            "title": self.title and self.title.casefold(),
            "author": self.title and self.author and self.author.casefold(),
        }
        return "\n".join(f"{name}#{value}" for name, value in asked.items() if value)


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
