"""From pieces of text on a photo to spines. Pure geometry, in pixels; y grows downwards.

A text detector finds words and lines, not books. Pieces that surely share a spine are joined: they follow each other
along one strip, or are stacked word by word. Pieces that may share it (two lines side by side, a name further down
the strip) are kept with each other's spine as `near`: whether they belong together is decided when a book is found
that has both its title here and its author there.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from books.spines.piece import Piece, Point
from books.spines.spine import Box, Line, Spine

_PARALLEL_DEGREES = 14.0
_SAME_COLOUR = 12.0
_OTHER_COLOUR = 40.0
"""Distances in L*a*b*, where 2 is just visible: glare and shadow make one spine differ from itself."""
_REACH = 0.6
"""How far along its strip a spine's text may lie apart, as a share of the photo's longer side."""


def spines(pieces: Sequence[Piece], width: int, height: int) -> list[Spine]:
    """The spines on a photo of that size, from left to right."""
    group = list(range(len(pieces)))

    def root(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    possible: list[tuple[int, int]] = []
    for one in range(len(pieces)):
        for other in range(one):
            bond = _bond(pieces[one], pieces[other])
            if bond >= _SURE:
                group[root(one)] = root(other)
            elif bond >= _POSSIBLE:
                possible.append((one, other))
    members: defaultdict[int, list[int]] = defaultdict(list)
    for number in range(len(pieces)):
        members[root(number)].append(number)
    reach = _REACH * max(width, height)
    lying = _some_lie(pieces)
    near: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in possible:
        near[root(one)].update(members[root(other)])
        near[root(other)].update(members[root(one)])
    for one in range(len(pieces)):
        near[root(one)].update(
            other for other in range(len(pieces)) if _in_strip(pieces[one], pieces[other], reach, lying=lying)
        )
    found = [_spine(pieces, own, near[spine] - set(own), width, height) for spine, own in members.items()]
    return sorted(found, key=lambda spine: (spine.box.x1 + spine.box.x2, spine.box.y1))


def _some_lie(pieces: Sequence[Piece]) -> bool:
    """Whether enough of the text runs across for a pile of books; upright spines have words across them, too."""
    across = sum(piece.weight for piece in pieces if piece.elongated and not piece.upright)
    return across > 0.5 * sum(piece.weight for piece in pieces if piece.elongated)


_SURE = 2
_POSSIBLE = 1


def _bond(a: Piece, b: Piece) -> int:
    """How surely two pieces share a spine."""
    if a.elongated and b.elongated and _angle(a, b) < _PARALLEL_DEGREES:
        return _bond_of_parallels(a, b)
    if _across(a) and _across(b):
        return _bond_of_stacked(a, b)
    if a.elongated and a.upright and _across(b):
        return _bond_along(a, b)
    if b.elongated and b.upright and _across(a):
        return _bond_along(b, a)
    return 0


def _bond_of_parallels(a: Piece, b: Piece) -> int:
    longer = a if a.length >= b.length else b
    thick = max(a.thickness, b.thickness)
    apart, aside = _gap_along(a, b, longer.axis), _aside(a, b, longer.axis)
    if aside < 0.5 * thick:
        # Two words in a row are two books that stand side by side, or the title and the author of one that lies:
        # only upright text tells which way its spine runs.
        sure = max(2.5 * thick, 0.5 * min(a.length, b.length)) if longer.upright else 0.4 * thick
        if apart < sure and _colours_apart(a, b) < _OTHER_COLOUR:
            return _SURE
        return _POSSIBLE if apart < 7 * thick else 0
    return _POSSIBLE if aside < 1.7 * thick and apart < 2 * thick else 0


def _bond_of_stacked(a: Piece, b: Piece) -> int:
    if not _shares_columns(a, b):
        return 0
    high = max(_height(a), _height(b))
    gap = max(a.bounds[1], b.bounds[1]) - min(a.bounds[3], b.bounds[3])
    words = max(a.length / a.thickness, b.length / b.thickness) < 6
    apart = _colours_apart(a, b)
    if words and (
        (gap < 0.7 * high and apart < _OTHER_COLOUR) or (gap < 1.5 * high and apart < _SAME_COLOUR)
    ):
        return _SURE
    return _POSSIBLE if gap < 3 * high else 0


def _bond_along(strip: Piece, word: Piece) -> int:
    """A word across an upright strip: a volume's number, a publisher, a surname."""
    width = word.bounds[2] - word.bounds[0]
    wide = max(strip.thickness, width)
    if _aside(word, strip, strip.axis) > 0.6 * wide or width > 4 * strip.thickness:
        return 0
    apart = _gap_along(strip, word, strip.axis)
    if apart < 1.2 * wide and width < 2.5 * strip.thickness and _colours_apart(strip, word) < _OTHER_COLOUR:
        return _SURE
    return _POSSIBLE if apart < 4 * wide else 0


def _colours_apart(a: Piece, b: Piece) -> float:
    """How differently two pieces are backed; nothing where that is not known."""
    return math.dist(a.colour, b.colour) if a.colour and b.colour else 0.0


def _in_strip(piece: Piece, other: Piece, reach: float, *, lying: bool) -> bool:
    """Whether another piece lies where the spine of this one would run on, as far as it may reach."""
    axes = [piece.axis if piece.elongated and piece.upright else (0.0, 1.0)]
    if lying and piece.elongated and not piece.upright:
        axes.append(piece.axis)
    return any(
        _aside(piece, other, axis)
        < 0.6 * max(_breadth(piece, axis), min(_breadth(other, axis), 3 * piece.thickness))
        and _gap_along(piece, other, axis) < reach
        for axis in axes
    )


def _breadth(piece: Piece, axis: Point) -> float:
    """How broad a piece is, across a direction."""
    across = [x * axis[1] - y * axis[0] for x, y in piece.corners]
    return max(across) - min(across)


def _across(piece: Piece) -> bool:
    return not piece.elongated or not piece.upright


def _height(piece: Piece) -> float:
    return piece.bounds[3] - piece.bounds[1]


def _shares_columns(a: Piece, b: Piece) -> bool:
    shared = min(a.bounds[2], b.bounds[2]) - max(a.bounds[0], b.bounds[0])
    return shared > 0.5 * min(a.bounds[2] - a.bounds[0], b.bounds[2] - b.bounds[0])


def _angle(a: Piece, b: Piece) -> float:
    cosine = abs(a.axis[0] * b.axis[0] + a.axis[1] * b.axis[1])
    return math.degrees(math.acos(min(1.0, cosine)))


def _aside(a: Piece, b: Piece, axis: Point) -> float:
    """How far the centres lie apart, across a direction."""
    dx, dy = a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]
    return abs(dx * axis[1] - dy * axis[0])


def _gap_along(a: Piece, b: Piece, axis: Point) -> float:
    """What lies between two pieces along a direction; negative where they lie side by side."""
    spans = [[x * axis[0] + y * axis[1] for x, y in piece.corners] for piece in (a, b)]
    return max(min(spans[0]), min(spans[1])) - min(max(spans[0]), max(spans[1]))


def _spine(pieces: Sequence[Piece], own: list[int], near: set[int], width: int, height: int) -> Spine:
    bounds = [pieces[number].bounds for number in own]
    box = Box(
        x1=_share(min(x1 for x1, _, _, _ in bounds), width),
        y1=_share(min(y1 for _, y1, _, _ in bounds), height),
        x2=_share(max(x2 for _, _, x2, _ in bounds), width),
        y2=_share(max(y2 for _, _, _, y2 in bounds), height),
    )
    return Spine(box=box, lines=_lines(pieces, own), near=_lines(pieces, near))


def _lines(pieces: Sequence[Piece], numbers: Sequence[int] | set[int]) -> list[Line]:
    ordered = sorted(numbers, key=lambda number: (pieces[number].bounds[1], pieces[number].bounds[0]))
    return [
        Line(number, pieces[number].text, round(pieces[number].confidence, 3), list(pieces[number].also))
        for number in ordered
    ]


def _share(pixels: float, whole: int) -> float:
    return round(min(1.0, max(0.0, pixels / whole)), 4)
