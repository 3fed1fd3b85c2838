"""A piece of text on a photo, and what several looks at the photo make of one. Pure geometry, in pixels; y grows
downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
"""In reading order, from where the text begins."""
Outline = np.ndarray[Any, Any]

_ELONGATED = 1.6
"""A piece so many times longer than thick shows by its own direction where its spine runs."""
_MOST_READINGS = 4
_SAME_PLACE = 0.5
"""Two readings that share more than this of the smaller one are of the same text."""
_SAME_OUTLINE = 0.7
"""Two outlines that share more than this of what both cover are alike."""
_WORTH_KNOWING = 0.6


@dataclass(frozen=True)
class Piece:
    """A piece of text, and where it stands."""

    text: str
    confidence: float
    corners: Corners
    colour: tuple[float, float, float] | None = None
    """What it is printed on, in CIE L*a*b*."""
    also: tuple[str, ...] = ()
    """What other passes read there."""

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2 of the upright rectangle around it."""
        xs, ys = zip(*self.corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    @cached_property
    def outline(self) -> Outline:
        """The four-sided area; its corners may come in any turn."""
        return cv2.convexHull(np.array(self.corners, np.float32))

    @cached_property
    def area(self) -> float:
        """Square pixels."""
        return cv2.contourArea(self.outline)

    @cached_property
    def centre(self) -> Point:
        """The middle of the corners."""
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4

    @cached_property
    def _sides(self) -> tuple[float, float]:
        a, b, c, _ = self.corners
        return math.dist(a, b), math.dist(b, c)

    @property
    def length(self) -> float:
        """The long side."""
        return max(self._sides)

    @property
    def thickness(self) -> float:
        """The short side."""
        return max(1.0, min(self._sides))

    @property
    def elongated(self) -> bool:
        """Whether its direction is worth anything."""
        return self.length > _ELONGATED * self.thickness

    @cached_property
    def axis(self) -> Point:
        """The direction of the long side, of length 1."""
        a, b, c, _ = self.corners
        start, end = (a, b) if self._sides[0] >= self._sides[1] else (b, c)
        size = math.dist(start, end) or 1.0
        return (end[0] - start[0]) / size, (end[1] - start[1]) / size

    @property
    def upright(self) -> bool:
        """Whether it runs up or down rather than across."""
        return abs(self.axis[1]) > abs(self.axis[0])

    @property
    def weight(self) -> float:
        """How much was read, and how surely."""
        return self.confidence**2 * sum(letter.isalnum() for letter in self.text)


def merge(pieces: Sequence[Piece]) -> list[Piece]:
    """One piece for each place, where several looks at a photo read the same text: the one that says most, with what
    the others read instead."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: -piece.weight):
        same = next(
            (place for place, known in enumerate(kept) if _of_smaller(piece, known) > _SAME_PLACE), None
        )
        if same is not None:
            kept[same] = _with(kept[same], piece)
        elif piece.weight:
            kept.append(piece)
    return sorted(kept, key=lambda piece: piece.centre)


def same_outline(corners: Corners, piece: Piece) -> bool:
    """Whether a piece fills just that place: as long, as thick, and there."""
    place = Piece("", 0.0, corners)
    shared = _shared(place, piece)
    return shared > _SAME_OUTLINE * (place.area + piece.area - shared)


def _with(piece: Piece, other: Piece) -> Piece:
    known = {piece.text, *piece.also}
    if other.text in known or other.confidence < _WORTH_KNOWING or len(known) > _MOST_READINGS:
        return piece
    return replace(piece, also=(*piece.also, other.text))


def _of_smaller(one: Piece, other: Piece) -> float:
    """What two pieces share, as a part of the smaller one."""
    smaller = min(one.area, other.area)
    return _shared(one, other) / smaller if smaller else 0.0


def _shared(one: Piece, other: Piece) -> float:
    """The area in square pixels."""
    a, b = one.bounds, other.bounds
    if a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]:
        return 0.0
    return cv2.intersectConvexConvex(one.outline, other.outline)[0]
