"""What stands on the shelf: each piece of text serves one book, whatever of the scan is known yet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.metadata import Metadata
from books.spines import match, shelf, spine
from books.spines.match import Match, plainer, same_work
from books.spines.shelf import Shelved, arrange
from books.spines.spine import Box, Line, Spine

FUNCTIONS = Path(__file__).parents[4] / "functions"


def book(title: str, *authors: str) -> Metadata:
    return Metadata(title=title, authors=list(authors), source="googlebooks")


def candidate(
    title: str, *title_lines: int, score: float = 0.9, authors: tuple[int, ...] = (), sure: bool = True
) -> Match:
    return Match(
        book(title, "Jane Austen"), score, list(title_lines), list(authors), sure=sure, author_confirmed=True
    )


def at(x: float, *lines: int, near: tuple[int, ...] = (), top: float = 0.1, bottom: float = 0.9) -> Spine:
    """A spine at that place with the lines of those numbers."""
    return Spine(
        box=Box(x, top, x + 0.05, bottom),
        lines=[Line(number, f"line {number}", 0.9) for number in lines],
        near=[Line(number, f"line {number}", 0.9) for number in near],
    )


def told(shelved: list[Shelved]) -> list[str | list[str]]:
    """Titles of books, and in lists those of suggestions."""
    return [
        each.book.metadata.title if each.book else [one.metadata.title for one in each.candidates]
        for each in shelved
    ]


def test_a_sure_match_is_a_book_and_another_a_suggestion() -> None:
    """In the order of the spines."""
    read = [(at(0.1, 0), [candidate("Milk", 0, sure=False)]), (at(0.2, 1), [candidate("Emma", 1)])]

    assert [["Milk"], "Emma"] == told(arrange(read))


def test_text_that_fits_nothing_is_a_suggestion_without_candidates() -> None:
    """A person may know."""
    assert [[]] == told(arrange([(at(0.1, 0), [])]))


def test_a_title_serves_the_surest_book() -> None:
    """The line stands between two spines; the spine that lost it has nothing left."""
    read = [
        (at(0.1, 0), [candidate("Emma", 0, score=0.7)]),
        (at(0.2, 1), [candidate("Emma's War", 0, 1, score=0.9)]),
    ]

    assert ["Emma's War"] == told(arrange(read))


def test_a_name_may_serve_the_books_on_either_side() -> None:
    """But a title is nobody's name."""
    both = [
        (at(0.1, 0), [candidate("Emma", 0, authors=(2,))]),
        (at(0.2, 1), [candidate("Persuasion", 1, authors=(2,))]),
    ]
    title = [
        (at(0.1, 0), [candidate("Austen", 0)]),
        (at(0.2, 1), [candidate("Emma", 1, authors=(0,), score=0.8)]),
    ]

    assert ["Emma", "Persuasion"] == told(arrange(both))
    assert ["Austen", []] != told(arrange(title)) == ["Austen", ["Emma"]]


def test_two_books_taken_for_one_spine_are_both_told() -> None:
    """Each by its own text."""
    read = [(at(0.1, 0, 1), [candidate("Emma", 0), candidate("Persuasion", 1)])]

    assert ["Emma", "Persuasion"] == told(arrange(read))


def test_what_is_left_on_the_spine_of_a_book_is_told_where_it_may_be_another() -> None:
    """Not where it is a publisher's praise."""
    praise = [(at(0.1, 0, 1, 2, 3), [candidate("Emma", 0)])]
    second = [(at(0.1, 0, 1, 2, 3), [candidate("Emma", 0), candidate("Milk", 1, sure=False)])]

    assert ["Emma"] == told(arrange(praise))
    assert ["Emma", ["Milk"]] == told(arrange(second))


def test_a_title_printed_twice_is_one_book() -> None:
    """At the head and at the foot of one spine."""
    head, foot = at(0.1, 0, top=0.1, bottom=0.3), at(0.11, 1, top=0.6, bottom=0.9)

    assert ["Emma"] == told(arrange([(head, [candidate("Emma", 0)]), (foot, [candidate("Emma", 1)])]))


def test_two_copies_are_two_books() -> None:
    """Side by side, or on another shelf."""
    upper, lower = at(0.1, 0, top=0.1, bottom=0.4), at(0.5, 1, top=0.6, bottom=0.9)

    assert ["Emma"] * 2 == told(
        arrange([(at(0.1, 0), [candidate("Emma", 0)]), (at(0.2, 1), [candidate("Emma", 1)])])
    )
    assert ["Emma"] * 2 == told(arrange([(upper, [candidate("Emma", 0)]), (lower, [candidate("Emma", 1)])]))


def test_a_book_goes_by_the_plainest_record_that_its_text_speaks_for() -> None:
    """Whichever spine that was found for."""
    read = [
        (at(0.1, 0), [candidate("Emma: Penguin Classics Deluxe Edition", 0, score=0.95)]),
        (at(0.2, 1, near=(0,)), [candidate("Emma", 0, score=0.9)]),
    ]

    assert ["Emma", []] == told(arrange(read))


def test_no_spines_are_an_empty_shelf() -> None:
    """Nor is that an error."""
    assert [] == arrange([])


numbers = st.integers(0, 6)
candidates = st.builds(
    Match,
    st.builds(
        book,
        st.sampled_from(["Emma", "Emma: A Novel", "Milk"]),
        st.sampled_from(["Jane Austen", "Ann Smith"]),
    ),
    st.floats(0, 1),
    st.lists(numbers, min_size=1, max_size=2, unique=True),
    st.lists(numbers, max_size=2, unique=True),
    st.booleans(),
)
spines = st.lists(
    st.tuples(st.builds(at, st.floats(0, 0.9), numbers), st.lists(candidates, max_size=3)), max_size=6
)


@given(spines, st.data())
def test_whatever_is_known_of_a_scan_is_arranged(
    read: list[tuple[Spine, list[Match]]], data: st.DataObject
) -> None:
    """While it runs, spines are missing anywhere; of those that are there none is twice, and no title serves twice."""
    known = [each for each in read if data.draw(st.booleans())]

    shelved = arrange(known)

    books = [each.book for each in shelved if each.book]
    assert all(each.sure for each in books)
    assert len(books) == len({line for each in books for line in each.title_lines[:1]})
    places = [[id(spine_) for spine_, _ in known].index(id(each.spine)) for each in shelved]
    assert sorted(places) == places
    assert all(each.book is None or not each.candidates for each in shelved)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (book("Emma", "Jane Austen"), book("Emma: A Novel (Penguin Classics)", "Jane Austen"), True),
        (book("The Hobbit", "J.R.R. Tolkien"), book("Hobbit", "Tolkien, J.R.R."), True),
        (book("Emma"), book("Emma", "Jane Austen"), True),
        (book("Emma", "Jane Austen"), book("Emma", "Alexander McCall Smith"), False),
        (book("Emma", "Jane Austen"), book("Persuasion", "Jane Austen"), False),
    ],
)
def test_two_records_are_of_one_work_or_not(one: Metadata, other: Metadata, same: bool) -> None:
    """Whichever comes first, under whatever subtitle or series."""
    assert (same, same) == (same_work(one, other), same_work(other, one))


def test_the_plainer_of_two_records_has_the_shorter_title() -> None:
    """The work, rather than one of its editions."""
    assert plainer(book("Emma"), book("Emma: A Novel"))
    assert not plainer(book("Emma"), book("Emma"))


def test_spines_and_matches_go_through_json() -> None:
    """They are kept with a job, and read by another function."""
    read = at(0.1, 0, near=(1,))
    fits = candidate("Emma", 0, authors=(1,))

    assert read == spine.from_dict(json.loads(json.dumps(read.to_dict())))
    assert fits == match.from_dict(json.loads(json.dumps(fits.to_dict())))


@pytest.mark.parametrize("value", [None, {}, [], {"box": 1, "lines": []}, {"score": "high"}])
def test_other_json_is_neither(value: object) -> None:
    """It says so."""
    with pytest.raises(msgspec.ValidationError):
        spine.from_dict(value)
    with pytest.raises(msgspec.ValidationError):
        match.from_dict(value)


def test_a_shelf_is_arranged_without_what_reads_photos_and_compares_texts() -> None:
    """The function that answers for a scan's results has none of that in its bundle."""
    heavy = {"PIL", "cv2", "numpy", "rapidfuzz", "rapidocr", "onnxruntime", "shapely"}
    program = f"import sys, {shelf.__name__}; print(*sorted({heavy} & sys.modules.keys()))"

    said = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "" == said.stdout.strip()
