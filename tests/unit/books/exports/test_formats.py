"""The exports of the programs that people keep their libraries in, column by column."""

from __future__ import annotations

import pytest

from books.exports.columns import format_of, places
from books.exports.headerless import HEADERS
from books.exports.library import Entry
from books.exports.reading import read
from tests import exports

BOOKS = exports.books(60)
ISBNS = [row["isbn13"] for row in BOOKS]


def entry(data: bytes, line: int) -> Entry:
    return next(entry for entry in read(data).entries if entry.line == line)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (exports.goodreads(BOOKS), "goodreads"),
        (exports.goodreads(BOOKS, columns=31), "goodreads"),
        (exports.storygraph(BOOKS), "storygraph"),
        (exports.librarything(BOOKS), "librarything"),
        (exports.plain(BOOKS), "other"),
    ],
    ids=["goodreads 24", "goodreads 31", "storygraph", "librarything", "plain"],
)
def test_every_book_of_every_export_is_read(data: bytes, name: str) -> None:
    """All rows, in file order, each with its ISBN; the format is told from the header."""
    library = read(data)

    assert name == library.format
    assert ISBNS == [entry.isbn for entry in library.entries]
    assert list(range(2, 62)) == [entry.line for entry in library.entries]
    assert () == library.rejected


def test_goodreads_says_what_its_reader_did_with_the_book() -> None:
    """The formulas around ISBNs go; the series leaves the title to look up and stays in the person's own."""
    twilight = entry(exports.goodreads(BOOKS), line=4)

    assert ("Twilight", "Stephenie Meyer", "9780316015844") == (
        twilight.title,
        twilight.author,
        twilight.isbn,
    )
    assert {
        "title": "Twilight (Twilight, #1)",
        "authors": ["Stephenie Meyer"],
        "series": {"name": "Twilight", "position": "1"},
        "rating": 5.0,
        "status": "read",
        "shelves": ["favorites", "to-lend"],
        "datesRead": ["2024-03-01"],
        "dateAdded": "2024-02-11",
        "readCount": 1,
        "review": 'I said "yes".<br/>Twice.',
        "format": "Paperback",
        "pages": 321,
        "originalYear": 2005,
    } == twilight.own


def test_goodreads_has_no_stars_for_what_is_not_rated() -> None:
    """Its 0 is no rating; several authors are one list, without runs of spaces."""
    potter = entry(exports.goodreads(BOOKS), line=3)

    assert "rating" not in potter.own
    assert "datesRead" not in potter.own
    assert ["J.K. Rowling", "Mary GrandPré"] == potter.own["authors"]
    assert "to-read" == potter.own["status"]


def test_goodreads_without_its_header_is_known_by_its_columns() -> None:
    """Spreadsheets lose it; the first row is a book then."""
    _, _, headless = exports.goodreads(BOOKS).partition(b"\n")
    library = read(headless)

    assert "goodreads" == library.format
    assert ISBNS == [entry.isbn for entry in library.entries]
    assert 1 == library.entries[0].line


def test_goodreads_with_columns_that_somebody_added_is_still_read() -> None:
    """They are left alone."""
    lines = exports.goodreads(BOOKS).decode().splitlines()
    widened = "\r\n".join([f"{lines[0]},Lent to,,Room", *(f"{line},Ann,,2" for line in lines[1:])])

    assert ISBNS == [entry.isbn for entry in read(widened.encode()).entries]


def test_storygraph_says_what_its_reader_did_with_the_book() -> None:
    """Quarter stars, ranges of dates, tags, and what it means to own a book."""
    own = entry(exports.storygraph(BOOKS), line=4).own

    assert {
        "title": "Twilight",
        "authors": ["Stephenie Meyer"],
        "rating": 3.75,
        "status": "read",
        "shelves": ["sea", "winter"],
        "datesRead": ["2024-02-20/2024-03-01"],
        "dateAdded": "2024-02-11",
        "readCount": 1,
        "owned": True,
        "format": "digital",
    } == own
    assert "did-not-finish" == entry(exports.storygraph(BOOKS), line=3).own["status"]


@pytest.mark.parametrize("uid", ["B00JCDK5ME", "123", "0f8fad5b-d9cb-469f-a165-70867728950e"])
def test_storygraph_has_ids_that_are_no_isbns(uid: str) -> None:
    """Then the title is what to look up, and nothing is said to be wrong."""
    data = exports.storygraph([{**BOOKS[0], "isbn13": uid}])
    found = entry(data, line=2)

    assert (None, "The Hunger Games") == (found.isbn, found.title)


def test_librarything_is_read_though_it_is_no_utf8_and_quotes_nothing() -> None:
    """Tabs, brackets, names turned round, a quote in the middle of a text, a few bytes of another encoding."""
    data = exports.librarything(BOOKS)
    with pytest.raises(UnicodeDecodeError):
        data.decode()
    potter, twilight = entry(data, line=3), entry(data, line=4)

    assert "J.K. Rowling" == potter.author
    assert {
        "title": "Twilight",
        "authors": ["Stephenie Meyer"],
        "rating": 4.5,
        "shelves": ["Your library", "sea", "winter"],
        "datesRead": ["2006-07-01/2006-07-25"],
        "dateAdded": "2006-08-09",
        "format": "Paperback",
        "pages": 999,
        "publisher": "Plume",
    } == twilight.own


@pytest.mark.parametrize(
    ("media", "refused"),
    [
        ("DVD", True),
        ("Blu-ray", True),
        ("Sound recording / Music CD audio", True),
        ("Broché", False),
        ("", False),
    ],
)
def test_librarything_lists_what_is_no_book(media: str, refused: bool) -> None:
    """That row is rejected, with the reason; a binding in any language is one."""
    data = exports.librarything(BOOKS[:1]).replace(b"\tPaperback\t", f"\t{media}\t".encode())
    library = read(data)

    assert refused == bool(library.rejected)
    assert not refused or library.rejected[0].reason == f"not a book: {media}"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_table_with_titles_is_read(delimiter: str) -> None:
    """Whatever separates its cells."""
    library = read(exports.plain(BOOKS, delimiter=delimiter))

    assert ISBNS == [entry.isbn for entry in library.entries]
    assert 4.0 == library.entries[0].own["rating"]


@pytest.mark.parametrize(
    ("text", "title", "isbn"),
    [
        ("TITLE\nEmma\n", "Emma", None),
        ("isbn\n9780439023481\n", None, "9780439023481"),
        ("ISBN-13,Notes\n978-0-439-02348-1,x\n", None, "9780439023481"),
        ("Book_Title;Autor\nEmma;Jane Austen\n", "Emma", None),
        ("sep=;\nTitle;ISBN\nEmma;\n", "Emma", None),
        ("\n\n  Title , Author\nEmma,Jane Austen\n", "Emma", None),
        ('"Title","ISBN"\n"Emma, a Novel","0439023483"\n', "Emma, a Novel", "9780439023481"),
    ],
)
def test_the_header_says_what_the_columns_are(text: str, title: str | None, isbn: str | None) -> None:
    """Without case, blanks, punctuation; in a few languages; Excel's own first line before it."""
    (only,) = read(text.encode()).entries

    assert (title, isbn) == (only.title, only.isbn)


def test_the_best_of_several_columns_counts() -> None:
    """ISBN-13 before ISBN-10, whatever their order; an empty one gives way."""
    header = ["ISBN", "Title", "ISBN13"]

    assert (2, 0) == places(header)["isbn"]
    assert "9780439023481" == entry(b"ISBN,Title,ISBN13\n0439023483,Emma,\n", line=2).isbn


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (HEADERS[24], "goodreads"),
        (["Title", "Authors", "ISBN/UID", "Star Rating"], "storygraph"),
        (["Book Id", "Title", "Primary Author", "Collections"], "librarything"),
        (["Title", "Date", "Publication"], "other"),
    ],
)
def test_a_format_is_known_by_few_of_its_columns(header: list[str], name: str) -> None:
    """Spreadsheets drop some."""
    assert name == format_of(header)
