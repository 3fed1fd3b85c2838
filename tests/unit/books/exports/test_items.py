"""What is handed on: a look-up for each book, and what belongs to its result whatever comes of it."""

from __future__ import annotations

import msgspec
import pytest

from books.exports.own import Own
from books.exports.reading import read
from tests import exports

BOOKS = exports.books(20)


def test_an_item_is_what_to_look_up_and_what_to_keep() -> None:
    """An ISBN names it; a row without one is named by its line."""
    items = read(b"Title,Author,ISBN,Rating\nEmma,Jane Austen,0439023483,5\nPersuasion,,,\n").to_items()

    assert [
        {
            "workId": "9780439023481",
            "title": "Emma",
            "author": "Jane Austen",
            "isbn": "9780439023481",
            "kept": {"line": 2, "own": {"title": "Emma", "authors": ["Jane Austen"], "rating": 5.0}},
        },
        {"workId": "line-3", "title": "Persuasion", "kept": {"line": 3, "own": {"title": "Persuasion"}}},
    ] == items


def test_a_row_of_nothing_but_an_isbn_keeps_its_line() -> None:
    """There is nothing of the person's own."""
    assert [{"workId": "9780439023481", "isbn": "9780439023481", "kept": {"line": 2}}] == read(
        b"ISBN\n0439023483\n"
    ).to_items()


@pytest.mark.parametrize(
    "data",
    [
        exports.goodreads(BOOKS, columns=31),
        exports.storygraph(BOOKS),
        exports.librarything(BOOKS),
        b"Title,Contributors,ISBN,Started,Notes,Owned,Series,Volume,Language\nEmma,Ann,123456789X,2024,n,no,S,2,en\n",
    ],
    ids=["goodreads", "storygraph", "librarything", "any"],
)
def test_all_that_a_file_says_of_a_book_has_its_place_in_the_results(data: bytes) -> None:
    """Nothing is lost between the file and GET …/results."""
    said = [entry.own for entry in read(data).entries]

    assert said == [msgspec.to_builtins(msgspec.convert(own, Own)) for own in said]
    assert all(said)


def test_a_book_that_a_file_has_again_is_marked() -> None:
    """It is asked for once. The same question counts, not the same row: case and ISBN-10 make no difference."""
    rows = [
        "Emma,Jane Austen,",
        "Emma,Austen,",
        "EMMA,Jane AUSTEN,",
        "Emma,,",
        ",,0439023483",
        ",,9780439023481",
    ]
    data = "\n".join(["Title,Author,ISBN", *rows]).encode()
    items = read(data).to_items()

    assert [False, False, True, False, False, True] == [item.get("again", False) for item in items]
