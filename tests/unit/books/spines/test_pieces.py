"""Pieces of text on a photo: their geometry, and what several looks at the same place make of one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.spines.piece import Corners, Piece, merge, same_outline


def strip(x: float, y: float, length: float, thickness: float, degrees: float = 0.0) -> Corners:
    """The corners of a text whose middle is there, that runs so: 0 across, 90 down."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    a, b, c, d = (
        (x + cosine * dx - sine * dy, y + sine * dx + cosine * dy)
        for dx, dy in (
            (-length / 2, -thickness / 2),
            (length / 2, -thickness / 2),
            (length / 2, thickness / 2),
            (-length / 2, thickness / 2),
        )
    )
    return a, b, c, d


def piece(text: str, corners: Corners, confidence: float = 0.95) -> Piece:
    return Piece(text, confidence, corners)


@pytest.mark.parametrize(
    ("degrees", "upright"), [(0, False), (20, False), (70, True), (90, True), (-90, True), (180, False)]
)
def test_a_piece_knows_its_sides_and_its_way(degrees: float, upright: bool) -> None:
    """Whichever way it is turned."""
    turned = piece("Emma", strip(100, 100, 80, 20, degrees))

    assert (80, 20) == (round(turned.length), round(turned.thickness))
    assert (upright, True) == (turned.upright, turned.elongated)
    assert pytest.approx((100, 100)) == turned.centre
    assert pytest.approx(1_600, rel=1e-4) == turned.area


def test_of_two_readings_of_a_place_the_one_that_says_more_is_kept() -> None:
    """The other is known beside it."""
    whole, part = piece("THE HOBBIT", strip(100, 100, 80, 20)), piece("HOBB", strip(95, 100, 40, 18))

    (merged,) = merge([part, whole])

    assert ("THE HOBBIT", ("HOBB",)) == (merged.text, merged.also)


@pytest.mark.parametrize(
    ("other", "also"),
    [
        (piece("THE HOBBIT", strip(100, 100, 80, 20), 0.9), ()),
        (piece("xq", strip(100, 100, 80, 20), 0.55), ()),
    ],
    ids=["the same", "hardly read"],
)
def test_what_tells_nothing_new_is_not_kept(other: Piece, also: tuple[str, ...]) -> None:
    """Neither the same text nor what was hardly read."""
    (merged,) = merge([piece("THE HOBBIT", strip(100, 100, 80, 20)), other])

    assert also == merged.also


def test_readings_of_one_place_are_bounded() -> None:
    """However often it was looked at."""
    corners = strip(100, 100, 80, 20)

    (merged,) = merge([piece(f"EMMA {number}", corners) for number in range(20)])

    assert 4 == len(set(merged.also))


def test_texts_beside_each_other_stay_two() -> None:
    """From left to right, whatever the order they were read in."""
    left, right = piece("Emma", strip(100, 100, 80, 20)), piece("Persuasion", strip(200, 100, 90, 20))

    assert ["Emma", "Persuasion"] == [each.text for each in merge([right, left])]


def test_marks_without_a_letter_are_no_text() -> None:
    """A detector takes ornaments for text."""
    assert [] == merge([piece("—·—", strip(100, 100, 80, 20))])


@pytest.mark.parametrize(
    ("corners", "same"),
    [
        (strip(100, 100, 80, 20), True),
        (strip(102, 101, 80, 20), True),
        (strip(100, 100, 80, 20, 180), True),
        (strip(100, 100, 40, 20), False),
        (strip(100, 100, 80, 20, 90), False),
        (strip(300, 100, 80, 20), False),
    ],
    ids=["itself", "a hair beside", "upside down", "half of it", "across it", "elsewhere"],
)
def test_an_outline_is_the_same_or_not(corners: Corners, same: bool) -> None:
    """So that a second look need not read it again."""
    assert same == same_outline(corners, piece("Emma", strip(100, 100, 80, 20)))


numbers = st.floats(0, 2_000, allow_nan=False)
points = st.tuples(numbers, numbers)


@given(
    st.lists(
        st.builds(Piece, st.text(max_size=20), st.floats(0, 1), st.tuples(points, points, points, points))
    )
)
def test_any_pieces_are_merged(pieces: list[Piece]) -> None:
    """None is invented: each text was read."""
    merged = merge(pieces)

    assert len(merged) <= len(pieces)
    assert {text for each in merged for text in (each.text, *each.also)} <= {each.text for each in pieces}
