"""Whether a candidate is the book that was asked for; a wrong one is worse than none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.matching import DEFAULT_THRESHOLD, best, normalise, score
from books.metadata import Metadata


def book(title: str, *authors: str, subtitle: str | None = None) -> Metadata:
    return Metadata(title=title, subtitle=subtitle, authors=list(authors), source="openlibrary")


@pytest.mark.parametrize(
    ("title", "author", "candidate"),
    [
        ("The Hunger Games", "Suzanne Collins", book("The Hunger Games", "Suzanne Collins")),
        (
            "The Hunger Games (The Hunger Games, #1)",
            "Suzanne Collins",
            book("The Hunger Games", "Suzanne Collins"),
        ),
        ("hunger games", "collins, suzanne", book("The Hunger Games", "Suzanne Collins")),
        (
            "Cien anos de soledad",
            "Gabriel Garcia Marquez",
            book("Cien años de soledad", "Gabriel García Márquez"),
        ),
        (
            "Freakonomics",
            "Steven D. Levitt",
            book("Freakonomics: A Rogue Economist", "Steven Levitt", "Stephen Dubner"),
        ),
        (
            "Freakonomics: A Rogue Economist",
            "Levitt",
            book("Freakonomics", "Steven Levitt", subtitle="A Rogue Economist"),
        ),
        ("Good Omens", "Neil Gaiman & Terry Pratchett", book("Good Omens", "Terry Pratchett")),
        (
            "Harry Potter and the Philosopher\u2019s Stone",
            "Rowling",
            book("Harry Potter and the Philosopher's Stone", "J.K. Rowling"),
        ),
        ("1984", "George Orwell", book("1984", "George Orwell")),
        ("The Hobbit: Graphic Novel", "Tolkien", book("The Hobbit: Graphic Novel", "J.R.R. Tolkien")),
        ("Pride & Prejudice", "Jane Austen", book("Pride and Prejudice", "Jane Austen")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_same_book_is_known_however_it_is_written(title: str, author: str, candidate: Metadata) -> None:
    """Accents, case, articles, series, subtitles, names in either order."""
    assert score(candidate, title, author) >= DEFAULT_THRESHOLD


@pytest.mark.parametrize(
    ("title", "author", "candidate"),
    [
        ("The Hunger Games", "Somebody Else", book("The Hunger Games", "Suzanne Collins")),
        ("Henry IV, Part 1", "William Shakespeare", book("Henry IV, Part 2", "William Shakespeare")),
        ("Emma", "Jane Austen", book("Emma Brown", "Jane Austen")),
        ("It", "Stephen King", book("Ill Wind", "Stephen King")),
        ("The Stand", None, book("The Stranger", "Albert Camus")),
        ("Dune", "Frank Herbert", book("Dune Messiah", "Frank Herbert")),
        ("Dune", "Frank Herbert", book("Doom", "Frank Herbert")),
        ("The Hobbit", "J.R.R. Tolkien", book("The Hobbit: Graphic Novel", "Chuck Dixon", "J.R.R. Tolkien")),
        ("Emma", "Jane Austen", book("Emma", "Jane Austen", subtitle="A Study Guide")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_book_is_never_taken(title: str, author: str | None, candidate: Metadata) -> None:
    """Another author, another part, a longer or a similar title."""
    assert score(candidate, title, author) < DEFAULT_THRESHOLD


def test_the_best_candidate_wins_and_the_first_of_equals() -> None:
    """The provider's own order breaks ties."""
    first, second = book("Emma", "Jane Austen"), book("Emma", "Austen")
    found = best([book("Emma!!", "Other"), first, second], "Emma", "Jane Austen", DEFAULT_THRESHOLD)

    assert (first, 1.0) == found


def test_nothing_is_found_among_nothing() -> None:
    """No candidates, or none good enough."""
    assert None is best([], "Emma", None, DEFAULT_THRESHOLD)
    assert None is best([book("Persuasion", "Jane Austen")], "Emma", "Jane Austen", DEFAULT_THRESHOLD)


@given(st.text(), st.text() | st.none(), st.text(min_size=1), st.lists(st.text(), max_size=3))
def test_a_score_is_from_0_to_1_whatever_is_compared(
    title: str, author: str | None, other: str, authors: list[str]
) -> None:
    """Nothing makes it fail."""
    assert 0 <= score(book(other, *authors), title, author) <= 1


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    """It has reached its form."""
    assert normalise(normalise(text)) == normalise(text)
