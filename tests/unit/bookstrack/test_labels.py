"""Labels are readable, and do not cover one another where there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.labels import Area, Label, fit, place

PICTURE = (1000, 1000)
SMALLEST = 10.0


def measure(text: str, size: int) -> float:
    """A font whose letters are half as wide as high."""
    return len(text) * size / 2


def label(text: str, area: Area) -> Label:
    return fit(text, area, smallest=SMALLEST, measure=measure)


@pytest.mark.parametrize(
    ("area", "turned"),
    [(Area(0, 0, 40, 400), True), (Area(0, 0, 400, 40), False), (Area(0, 0, 100, 100), False)],
)
def test_a_label_runs_along_its_spine(area: Area, turned: bool) -> None:
    """Down an upright one, across a lying one."""
    assert turned is label("Emma", area).turned


@pytest.mark.parametrize(
    ("across", "size"),
    [(200, 20), (45, 15), (10, 10), (0, 10)],
    ids=["no larger than twice the smallest", "half the spine", "the smallest", "on a line"],
)
def test_writing_is_as_large_as_the_spine_allows(across: float, size: int) -> None:
    """Within bounds."""
    assert size == label("Emma", Area(0, 0, across, 900)).size


def test_writing_shrinks_before_a_title_is_cut() -> None:
    """A title says more than a size."""
    whole = label("What You Are Looking For Is in the Library", Area(0, 0, 100, 250))

    assert ("What You Are Looking For Is in the Library", 11) == (whole.text, whole.size)


def test_a_title_that_does_not_fit_is_cut_to_its_spine() -> None:
    """With an ellipsis, and never below what tells it from others."""
    title = "What You Are Looking For Is in the Library"

    assert "What You Are Looking For Is…" == label(title, Area(0, 0, 40, 150)).text
    assert "What You Are Looking For…" == label(title, Area(0, 0, 40, 60)).text
    assert "Emma" == label("Emma", Area(0, 0, 5, 5)).text


def test_labels_of_one_spot_stand_apart() -> None:
    """As long as there is room in the spine or beside it."""
    area = Area(300, 300, 360, 600)
    taken: list[Area] = []
    for _ in range(4):
        taken.append(place(label("Emma", area), area, PICTURE, taken))

    assert 0 == sum(one.shared_with(other) for one in taken for other in taken if one is not other)


CORNER = st.floats(0, 1000)


@given(CORNER, CORNER, CORNER, CORNER, st.text(max_size=80))
def test_a_label_lies_on_the_picture(x1: float, y1: float, x2: float, y2: float, text: str) -> None:
    """Wherever its spine is, and however long its title."""
    area = Area(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    spot = place(label(text, area), area, PICTURE, [])

    assert (0, 0) <= (spot.x1, spot.y1)
    assert spot.x2 <= max(1000, spot.x2 - spot.x1)
    assert spot.y2 <= max(1000, spot.y2 - spot.y1)
    assert label(text, area).size >= SMALLEST
