"""Where labels go, and how large they are. Pure: pixels in, pixels out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Measure = Callable[[str, int], float]
"""The length in pixels of a text in a font of a size."""

_TURNED_FROM = 1.3
"""A spine so many times as high as it is wide is written on from the top down."""
_SHARE = 0.5
"""Of a spine's width that its label takes at most, so that the spine can still be read beside it."""
_LARGEST = 2.0
"""The largest writing, as a multiple of the smallest."""
_HEIGHT = 1.5
"""Of a label, as a multiple of its writing."""
_FEWEST_LETTERS = 24
"""A label is cut to its spine, but never below that."""
_MOST_LETTERS = 200
"""More than any spine has room for."""


@dataclass(frozen=True)
class Area:
    """A rectangle; (x1, y1) is the corner at the top left."""

    x1: float
    y1: float
    x2: float
    y2: float

    def shared_with(self, other: Area) -> float:
        """Square pixels in both."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(0.0, width) * max(0.0, height)


@dataclass(frozen=True)
class Label:
    """A text that fits."""

    text: str
    size: int
    """Of its font."""
    length: float
    height: float
    """Both before it is turned."""
    turned: bool


def fit(text: str, area: Area, *, smallest: float, measure: Measure) -> Label:
    """A label for the spine at `area`, its writing no smaller than `smallest`."""
    text = text[:_MOST_LETTERS]
    width, height = area.x2 - area.x1, area.y2 - area.y1
    turned = height > width * _TURNED_FROM
    length, across = (height, width) if turned else (width, height)
    lowest = max(1, round(smallest))
    size = max(lowest, round(min(across * _SHARE / _HEIGHT, smallest * _LARGEST)))
    while size > lowest and measure(text, size) + size > length:
        size -= 1
    text = _cut(text, lambda shorter: measure(shorter, size) + size <= length)
    return Label(text, size, measure(text, size) + size, size * _HEIGHT, turned)


def place(label: Label, area: Area, picture: tuple[int, int], taken: Sequence[Area]) -> Area:
    """The first spot in or at `area` that is free, else the one that covers least of the labels before."""
    return min(_spots(label, area, picture), key=lambda spot: sum(spot.shared_with(other) for other in taken))


def _spots(label: Label, area: Area, picture: tuple[int, int]) -> Iterator[Area]:
    width, height = (label.height, label.length) if label.turned else (label.length, label.height)
    across = (area.x1, area.x2 - width, (area.x1 + area.x2 - width) / 2)
    down = (area.y1, area.y2 - height, (area.y1 + area.y2 - height) / 2)
    spots = [(x, y) for x in across for y in down]
    # Then beside it.
    spots += [(area.x1, area.y1 - height), (area.x1, area.y2), (area.x1 - width, area.y1), (area.x2, area.y1)]
    for x, y in spots:
        left = min(max(0.0, x), max(0.0, picture[0] - width))
        top = min(max(0.0, y), max(0.0, picture[1] - height))
        yield Area(left, top, left + width, top + height)


def _cut(text: str, fits: Callable[[str], bool]) -> str:
    if len(text) <= _FEWEST_LETTERS or fits(text):
        return text
    ends = range(_FEWEST_LETTERS + 1, len(text))
    beyond = bisect_left(ends, True, key=lambda end: not fits(_shortened(text, end)))
    return _shortened(text, _FEWEST_LETTERS + beyond)


def _shortened(text: str, end: int) -> str:
    return text[:end].rstrip() + "…"
