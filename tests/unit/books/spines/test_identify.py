"""Looking a spine up: what is asked for, in which order, and when that is enough."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from books.errors import TransientError
from books.metadata import Metadata
from books.spines.identify import identify, queries
from books.spines.spine import Spine
from tests.unit.books.spines.test_ranking import BOX, HOBBIT, book, spine


class Shop:
    """A search that remembers what it was asked for."""

    def __init__(self, find: Callable[[str], list[Metadata]]) -> None:
        self.asked: list[str] = []
        self._find = find

    def __call__(self, text: str) -> list[Metadata]:
        self.asked.append(text)
        return self._find(text)


def test_a_sure_book_is_not_looked_for_again() -> None:
    """All the text at once finds it: one question."""
    shop = Shop(lambda text: [HOBBIT])

    (match,) = identify(spine("TOLKIEN", "THE HOBBIT"), shop)

    assert (HOBBIT, True) == (match.metadata, match.sure)
    assert ["tolkien the hobbit"] == shop.asked


def test_lines_are_asked_for_alone_where_all_the_text_finds_nothing() -> None:
    """The longest first: what a publisher adds is found nowhere."""
    shop = Shop(lambda text: [HOBBIT] if text == "the hobbit" else [])

    (match,) = identify(spine("HarperCollins 75", "THE HOBBIT", "TOLKIEN"), shop)

    assert match.sure
    assert ["harpercollins 75 the hobbit tolkien", "harpercollins 75", "the hobbit"] == shop.asked


def test_what_the_reader_understands_is_asked_for_first() -> None:
    """A model says which line is the title."""
    read = Spine(
        box=BOX, lines=spine("TOLKIEN THE HOBBIT").lines, title="The Hobbit", author="J.R.R. Tolkien"
    )

    assert ["the hobbit j r r tolkien", "the hobbit", "tolkien the hobbit"] == list(
        dict.fromkeys(queries(read))
    )


def test_candidates_of_every_answer_are_compared() -> None:
    """The best of all comes first, though it was found last."""
    likely, right = book("The Hobbit Companion", "David Day"), HOBBIT
    shop = Shop(lambda text: [likely] if "tolkien" in text else [right])

    assert HOBBIT == identify(spine("THE HOBBIT", "J.R.R. TOLKIEN"), shop)[0].metadata


@pytest.mark.parametrize(
    "read", [spine(), spine("…"), spine("A", "B"), spine("1")], ids=lambda read: read.text or "-"
)
def test_too_little_is_not_asked_for(read: Spine) -> None:
    """It would find anything."""
    shop = Shop(lambda text: [HOBBIT])

    assert ([], []) == (identify(read, shop), shop.asked)


def test_a_long_text_is_asked_for_in_part() -> None:
    """Providers refuse queries without end."""
    assert all(len(query.split()) <= 20 for query in queries(spine("word " * 1_000)))


def test_a_spine_that_no_book_fits_has_no_matches() -> None:
    """Rather than the likeliest of what does not fit."""
    assert [] == identify(spine("NOTICE", "NO SMOKING"), lambda text: [HOBBIT])


def test_a_search_that_fails_says_so() -> None:
    """What it raises passes through: not to know is not the same as not to find."""

    def broken(text: str) -> list[Metadata]:
        raise TransientError("Open Library answers 503")

    with pytest.raises(TransientError, match="503"):
        identify(spine("THE HOBBIT"), broken)
