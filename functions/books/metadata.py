"""What is found: a book's metadata, whichever provider it comes from."""

from __future__ import annotations

import re
from typing import Any

import msgspec


class Metadata(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True, frozen=True):
    """Empty fields are left out of its JSON."""

    title: str
    subtitle: str | None = None
    authors: list[str] = []
    isbn13: str | None = None
    isbn10: str | None = None
    publisher: str | None = None
    first_publish_year: int | None = None
    published_date: str | None = None
    page_count: int | None = None
    language: str | None = None
    """ISO 639, two or three letters, as the provider has it."""
    subjects: list[str] = []
    description: str | None = None
    cover_url: str | None = None
    open_library_work_id: str | None = None
    source: str
    """`openlibrary` or `googlebooks`."""
    score: float = 1.0
    """How well it fits what was asked for, 0 to 1; an id or an ISBN that it carries is 1."""

    @property
    def label(self) -> str:
        """What a person calls it: "Emma by Jane Austen"."""
        return f"{self.title} by {self.authors[0]}" if self.authors else self.title

    def with_score(self, score: float) -> Metadata:
        """The same, with how well it fits."""
        return msgspec.structs.replace(self, score=round(score, 3))

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


_decoder = msgspec.json.Decoder(Metadata)


def encode(metadata: Metadata) -> str:
    """For the cache."""
    return msgspec.json.encode(metadata).decode()


def decode(text: str) -> Metadata:
    """From the cache.

    Raises:
        msgspec.ValidationError: it is of another version.
    """
    return _decoder.decode(text)


def year_in(text: object) -> int | None:
    """The year in a date as people write it: "July 16, 2019", "1996", "2015-01"; None where there is none."""
    found = re.search(r"\b(1[0-9]{3}|20[0-9]{2})\b", text) if isinstance(text, str) else None
    return int(found[1]) if found else None
