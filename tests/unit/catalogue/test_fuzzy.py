"""The stand-in's forgiving search: misread letters, words run together, titles cut off."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue import googlebooks, openlibrary
from catalogue.books import Catalogue
from catalogue.fuzzy import FuzzyIndex

TEXTS = [
    "The Hobbit J.R.R. Tolkien",
    "The Silmarillion J.R.R. Tolkien",
    "Neverwhere Neil Gaiman",
    "It Stephen King",
    "Cien años de soledad Gabriel García Márquez",
    "Война и мир Лев Толстой",
]
INDEX = FuzzyIndex(TEXTS)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Hobbit", 0),
        ("TOLKIEN SILMARILLION HarperCollins", 1),
        ("GAIMANNEVERWHERE", 2),
        ("NEVERWHFRE", 2),
        ("it king", 3),
        ("Cien anos de soledad", 4),
        ("война и мир", 5),
    ],
)
def test_the_likest_comes_first(text: str, expected: int) -> None:
    """Whatever stands beside it, and however it is spelled."""
    assert expected == INDEX.search(text, 3)[0]


@pytest.mark.parametrize("text", ["", "   ", "…", "zzzzzz"])
def test_what_is_like_nothing_finds_nothing(text: str) -> None:
    """Rather than anything."""
    assert [] == INDEX.search(text, 3)


@given(st.text(max_size=200), st.integers(0, 10))
def test_any_text_can_be_looked_for(text: str, limit: int) -> None:
    """At most as many are found as are wanted, each once, the same each time."""
    found = INDEX.search(text, limit)

    assert len(set(found)) == len(found) <= limit
    assert found == INDEX.search(text, limit)


@given(st.sampled_from(TEXTS))
def test_each_text_is_the_likest_to_itself(text: str) -> None:
    """Of those that there are."""
    assert [text] == [TEXTS[position] for position in INDEX.search(text, 1)]


def google(catalogue: Catalogue, q: str, **query: str) -> list[str]:
    status, answer = googlebooks.volumes(catalogue, {"q": q, **query})
    assert 200 == status
    return [volume["volumeInfo"]["title"] for volume in answer.get("items", [])]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("hobbit tolkien", "The Hobbit"),
        ("THE HOBBlT J R R TOLKIFN HarperCollins", "The Hobbit"),
        ("COLLINSTHEHUNGERGAMES", "The Hunger Games"),
        ("george orwell nineteen eighty four 1984 penguin", "1984"),
    ],
)
def test_google_forgives_plain_words(catalogue: Catalogue, q: str, expected: str) -> None:
    """As the real one does: what a spine says, misread as it may be, finds its book among the first."""
    assert expected in google(catalogue, q)[:5]


@pytest.mark.parametrize("q", ['intitle:"the hobbiit"', "intitle:hobbit inauthor:tolkeen"])
def test_google_takes_keywords_at_their_word(catalogue: Catalogue, q: str) -> None:
    """So that a look-up by title is not answered with another book."""
    assert [] == google(catalogue, q)


def test_google_gives_pages(catalogue: Catalogue) -> None:
    """A page follows the one before it."""
    first = google(catalogue, "hobbit tolkien", maxResults="3")
    both = google(catalogue, "hobbit tolkien", maxResults="6")

    assert both == [*first, *google(catalogue, "hobbit tolkien", maxResults="3", startIndex="3")]


def test_google_leaves_items_out_where_nothing_is_found(catalogue: Catalogue) -> None:
    """As the real one does."""
    expected: dict[str, Any] = {"kind": "books#volumes", "totalItems": 0}

    assert (200, expected) == googlebooks.volumes(catalogue, {"q": "…"})


def test_open_library_forgives_nothing(catalogue: Catalogue) -> None:
    """Each word of a search must be there, as in the real one."""
    assert 1 <= openlibrary.search(catalogue, {"q": "hobbit tolkien"})[1]["numFound"]
    assert 0 == openlibrary.search(catalogue, {"q": "hobbit tolkien harpercollins"})[1]["numFound"]
