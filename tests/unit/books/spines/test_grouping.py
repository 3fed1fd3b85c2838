"""From pieces of text to spines: what surely shares one, what may, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from books.spines.grouping import spines
from books.spines.piece import Piece
from books.spines.spine import Spine
from tests.unit.books.spines.test_pieces import piece, strip

WIDTH, HEIGHT = 2_000, 1_500
DOWN, UP, ACROSS = 90, -90, 0
BLACK, CREAM, RED = (10.0, 0.0, 0.0), (90.0, 0.0, 10.0), (50.0, 70.0, 50.0)


def on(colour: tuple[float, float, float], text: str, *at: float) -> Piece:
    x, y, length, thickness, degrees = at
    return Piece(text, 0.95, strip(x, y, length, thickness, degrees), colour)


def found(*pieces: Piece) -> list[Spine]:
    return spines(pieces, WIDTH, HEIGHT)


def texts(*pieces: Piece) -> list[str]:
    return [spine.text for spine in found(*pieces)]


@pytest.mark.parametrize("way", [DOWN, UP])
def test_title_and_author_along_one_strip_are_a_spine(way: int) -> None:
    """Close enough, on the same ground."""
    title, author = (
        on(BLACK, "EMMA", 300, 300, 200, 40, way),
        on(BLACK, "JANE AUSTEN", 300, 520, 180, 36, way),
    )

    assert ["EMMA JANE AUSTEN"] == texts(title, author)


def test_books_side_by_side_are_two_spines() -> None:
    """From left to right."""
    left, right = on(BLACK, "EMMA", 300, 400, 300, 40, DOWN), on(BLACK, "PERSUASION", 400, 400, 300, 40, DOWN)

    assert ["EMMA", "PERSUASION"] == texts(right, left)


def test_words_stacked_on_an_upright_spine_are_one() -> None:
    """Line by line, as on thick books."""
    assert ["Homo Deus A Brief History"] == texts(
        on(BLACK, "Homo", 500, 300, 70, 50, ACROSS),
        on(BLACK, "Deus", 500, 360, 70, 50, ACROSS),
        on(BLACK, "A Brief", 500, 420, 75, 50, ACROSS),
        on(BLACK, "History", 500, 480, 78, 50, ACROSS),
    )


def test_another_ground_is_another_book() -> None:
    """In a pile, titles lie on each other like lines of one."""
    upper, lower = (
        on(CREAM, "Emma", 500, 300, 160, 50, ACROSS),
        on(RED, "Persuasion", 500, 390, 200, 50, ACROSS),
    )

    assert ["Emma", "Persuasion"] == texts(upper, lower)


def test_a_small_word_across_belongs_to_the_strip() -> None:
    """A volume's number, a publisher's name."""
    title, publisher = (
        on(BLACK, "THE HOBBIT", 300, 400, 300, 50, DOWN),
        on(BLACK, "Unwin", 300, 590, 60, 30, ACROSS),
    )

    assert ["THE HOBBIT Unwin"] == texts(title, publisher)


def test_what_lies_further_along_the_strip_is_near() -> None:
    """An author's name at the other end of the spine: whose it is, a book tells that has both."""
    title, author = on(BLACK, "EMMA", 300, 200, 150, 40, DOWN), on(BLACK, "AUSTEN", 300, 800, 150, 40, DOWN)
    elsewhere = on(BLACK, "TOLKIEN", 900, 800, 150, 40, DOWN)

    emma, austen, _ = found(title, author, elsewhere)

    assert ("EMMA", ["AUSTEN"]) == (emma.text, [line.text for line in emma.near])
    assert ("AUSTEN", ["EMMA"]) == (austen.text, [line.text for line in austen.near])


def test_two_words_in_a_row_may_be_two_books() -> None:
    """Which way their spines run cannot be told: each is near the other."""
    left, right = on(BLACK, "Emma", 300, 400, 120, 40, ACROSS), on(BLACK, "Milk", 450, 400, 110, 40, ACROSS)

    emma, milk = found(left, right)

    assert (["Milk"], ["Emma"]) == ([line.text for line in emma.near], [line.text for line in milk.near])


def test_a_box_is_a_share_of_the_photo() -> None:
    """From the top left corner, around all of its text."""
    (spine,) = found(on(BLACK, "EMMA", 1_000, 750, 300, 40, DOWN))

    assert pytest.approx((0.49, 0.4, 0.51, 0.6)) == (spine.box.x1, spine.box.y1, spine.box.x2, spine.box.y2)


def test_a_photo_without_text_has_no_spines() -> None:
    """Nor an error."""
    assert [] == found()


numbers = st.floats(-50, 2_050, allow_nan=False)
points = st.tuples(numbers, numbers)
colours = st.none() | st.tuples(*[st.floats(-100, 100)] * 3)
pieces = st.builds(
    Piece, st.text(min_size=1, max_size=20), st.floats(0, 1), st.tuples(*[points] * 4), colours
)


@settings(deadline=None)
@given(st.lists(pieces, max_size=12))
def test_each_piece_stands_on_one_spine(given_: list[Piece]) -> None:
    """None is lost, none is on two, none is near its own, and every box lies within the photo."""
    spines_ = found(*given_)

    own = [line.number for spine in spines_ for line in spine.lines]
    assert list(range(len(given_))) == sorted(own)
    for spine in spines_:
        assert {line.number for line in spine.lines}.isdisjoint(line.number for line in spine.near)
        assert 0 <= spine.box.x1 <= spine.box.x2 <= 1
        assert 0 <= spine.box.y1 <= spine.box.y2 <= 1


def test_a_crowded_photo_is_grouped() -> None:
    """As many pieces as are read at most."""
    crowd = [piece(f"BOOK {n}", strip(n % 40 * 50, n // 40 * 150, 120, 20, DOWN)) for n in range(400)]

    assert 400 == sum(len(spine.lines) for spine in found(*crowd))
