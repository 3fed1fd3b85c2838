"""What a reader sees on a photo: spines, and the lines of text on them. Plain data, JSON in and out."""

from __future__ import annotations

from typing import Any

import msgspec


class Box(msgspec.Struct, frozen=True):
    """An upright rectangle as shares (0 to 1) of the photo's width and height, the photo turned as its EXIF
    orientation says; (x1, y1) is the corner at the top left."""

    x1: float
    y1: float
    x2: float
    y2: float


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of text as it was read."""

    number: int
    """Which of the photo's lines it is: a line belongs to one book."""
    text: str
    confidence: float
    """0 to 1, the reader's own."""
    also: list[str] = []
    """Other readings of the same place, where the reader looked more than once."""


class Spine(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A book's spine."""

    box: Box
    lines: list[Line]
    """What stands on it, in reading order."""
    near: list[Line] = []
    """What stands beside it and may belong to the same book: an author's name apart from its title."""
    title: str | None = None
    """What the reader takes for the title, where it tells (a model that understands what it reads)."""
    author: str | None = None

    @property
    def text(self) -> str:
        """All that was read on it."""
        return " ".join(line.text for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def from_dict(value: object) -> Spine:
    """The spine that `to_dict` described.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(value, Spine)
