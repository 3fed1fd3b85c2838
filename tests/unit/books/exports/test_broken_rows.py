"""A bad row costs that row and never the file: it is rejected, with its line and the reason."""

from __future__ import annotations

import pytest

from books.exports.library import Library
from books.exports.reading import read


def rejected(library: Library) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in library.rejected]


def titles(library: Library) -> list[str | None]:
    return [entry.title for entry in library.entries]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Jane Austen,,", "no title and no ISBN"),
        ('"","",="",', "no title and no ISBN"),
        (",,9780439023482,", "the ISBN 9780439023482 has a wrong check digit and there is no title"),
        (",,9.78E+12,", "the ISBN 9.78E+12 has lost its digits in a spreadsheet and there is no title"),
        (",,abc,", "abc is no ISBN and there is no title"),
        ("Emma,Austen, Jane,,", None),
        (
            "Emma,Austen, Jane,,x",
            "the row has 5 columns and the header 4: a text with the separator in it needs quotes around it",
        ),
        ("x" * 501 + ",,,", "the title or the author is longer than 500 characters"),
        ("Emma," + "x" * 501 + ",,", "the title or the author is longer than 500 characters"),
        ("Emma,,," + "x" * 32_769, "the column My Review is longer than 32,768 characters"),
        ("Emma,,," + "x" * 32_768, None),
        ('Emma,,,"a review that never ends', "the quote that begins on line 3 is never closed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_row_that_cannot_be_used_is_rejected_for_a_reason(row: str, reason: str | None) -> None:
    """The rows around it are books."""
    library = read(f"Title,Author,ISBN,My Review\nFirst,,,\n{row}\nLast,,,\n".encode())

    assert [(3, reason)] * (reason is not None) == rejected(library)
    assert ["First", *["Emma"] * (reason is None), "Last"] == titles(library)


def test_a_row_of_many_long_cells_is_rejected() -> None:
    """Its result would fit into no row of the table."""
    header = ",".join(["Title", *map(str, range(5))])
    library = read(f"{header}\nEmma{',' + 'é' * 20_000}{(',' + 'é' * 20_000) * 3}\nLast\n".encode())

    assert [(2, "the row is longer than 128 KB")] == rejected(library)
    assert ["Last"] == titles(library)


def test_what_is_long_only_where_it_is_stored_is_rejected_too() -> None:
    """JSON writes a control character as six: 60,000 of them would be a row that no table takes."""
    cell = f"x{chr(11) * 20_000}x"
    library = read(f"Title,Review,Notes,Publisher\nEmma{f',{cell}' * 3}\nLast\n".encode())

    assert [(2, "the row is longer than 128 KB")] == rejected(library)
    assert ["Last"] == titles(library)


def test_a_wrong_isbn_is_no_reason_where_there_is_a_title() -> None:
    """The title is looked up, and the person sees what stood there."""
    (only,) = read(b"Title,ISBN\nEmma,9780439023482\n").entries

    assert (None, "Emma") == (only.isbn, only.title)
    assert "9780439023482" == only.own["isbnText"]


def test_lines_are_those_of_the_file() -> None:
    """A row with line breaks in a cell is at the line on which it begins; blank lines are counted and are no rows."""
    library = read(b'Title,Notes\nFirst,"one\ntwo\n\nthree"\n\n , \nSecond,\n,nothing\n')

    assert [2, 8] == [entry.line for entry in library.entries]
    assert [(9, "no title and no ISBN")] == rejected(library)
    assert "one\ntwo\n\nthree" == library.entries[0].own["notes"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_system_ends_its_lines_in_its_own_way(end: str) -> None:
    """And each is understood."""
    assert ["A", "B"] == titles(read(f"Title{end}A{end}B{end}".encode()))


def test_a_quote_that_is_not_closed_swallows_nothing() -> None:
    """Only the row on whose line it begins is given up, even where a later quote seems to close it."""
    data = b'Title,Notes\nA,"open\nB,x\nC,"quoted"\nD,y\n'
    library = read(data)

    assert ["B", "C", "D"] == titles(library)
    assert [(2, "the quote that begins on line 2 is never closed")] == rejected(library)


def test_a_quote_within_a_text_is_text() -> None:
    """Programs that do not double it are understood."""
    library = read(b'Title,Author\nThe "Real" Thing,Henry James\n"The "Real" Thing",Henry James\n')

    assert 'The "Real" Thing' == library.entries[0].title
    assert 2 == library.rows == len(library.entries)


def test_a_reason_shows_only_the_start_of_a_cell() -> None:
    """Ten thousand reasons go into one answer; and what cannot be printed is not."""
    library = read(b"ISBN,x\nTitle\x01" + b"1" * 1000 + b",\n")

    assert [(2, "Title\ufffd" + "1" * 33 + "… is no ISBN and there is no title")] == rejected(library)
