"""A candidate for a spine, and when two of them are one work. Plain data, JSON in and out; what arranges a shelf needs
no more than this, and so runs where nothing is installed that compares texts.
"""

from __future__ import annotations

from typing import Any

import msgspec

from books.matching import names, surname
from books.metadata import Metadata


class Match(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A candidate for a spine."""

    metadata: Metadata
    score: float
    """How much of the title, of the author and of the spine agree: 0 to 1."""
    title_lines: list[int]
    """Numbers of the photo's lines that the title stands on."""
    author_lines: list[int] = []
    """Those beside, that the author stands on."""
    sure: bool = False
    author_confirmed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def from_dict(value: object) -> Match:
    """The match that `to_dict` described.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(value, Match)


def same_work(one: Metadata, other: Metadata) -> bool:
    """Whether two records are of one work, whatever subtitle or series it is listed under."""
    if _shortest(one) != _shortest(other):
        return False
    return bool(_surnames(one) & _surnames(other)) or not (one.authors and other.authors)


def plainer(one: Metadata, other: Metadata) -> bool:
    """Whether the first is the work rather than one of its editions, with all that stands on its cover."""
    return len(one.title) < len(other.title)


def _shortest(metadata: Metadata) -> str:
    return min(names(metadata), key=lambda name: (len(name), name))


def _surnames(metadata: Metadata) -> set[str]:
    return set(map(surname, metadata.authors)) - {""}
