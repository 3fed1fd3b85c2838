"""What is no file of books at all, or too large; encodings; and files made to take long."""

from __future__ import annotations

import pytest

from books.exports import errors
from books.exports.limits import MAX_BYTES
from books.exports.reading import read
from tests import exports

BOOKS = exports.books(40)
HEADER = b"Title,Author,ISBN,Date Read\n"


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", errors.EmptyError, "the file is empty"),
        (b" \r\n\n", errors.EmptyError, "the file is empty"),
        (b"\xef\xbb\xbf", errors.EmptyError, "the file is empty"),
        (b",,,\n,,,\n", errors.EmptyError, "nothing but separators"),
        (b"Title\nEm\0ma\n", errors.NotTextError, "not a text file"),
        (b"\x01\x02\x03\x04", errors.NotTextError, "not a text file"),
        (b"%PDF-1.7\n%\xe2\xe3", errors.NotTextError, "this is a PDF, not a CSV file"),
        (b"PK\x03\x04\x14\x00xl/workbook.xml", errors.NotTextError, "an Excel workbook (.xlsx)"),
        (b"PK\x03\x04\x14\x00", errors.NotTextError, "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1", errors.NotTextError, "an old Excel workbook"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", errors.NotTextError, "a picture (JPEG)"),
        (b"x" * (MAX_BYTES + 1), errors.TooLargeError, "5 MB are allowed"),
        (b"Title\n" + b"Emma\n" * 10_001, errors.TooManyError, "more than 10,000 rows"),
        (b"Title" + b",a" * 200, errors.TooManyError, "201 columns, and 200 are allowed"),
        (b"Name of book,Price\nEmma,3\n", errors.UnknownColumnsError, "first line has: Name of book, Price"),
        (b'{"workIds": ["OL1W"]}', errors.UnknownColumnsError, "no column is called Title or ISBN"),
        (b'"Title\nEmma\n', errors.UnknownColumnsError, "the first line cannot be read"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_file_that_cannot_be_used_says_why(data: bytes, error: type[Exception], words: str) -> None:
    """By an error of its own kind, with what to do about it."""
    with pytest.raises(errors.ExportError) as raised:
        read(data)

    assert error is type(raised.value)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("data", "rows"),
    [(b"Title\n", 0), (b"Title\n" + b"Emma\n" * 10_000, 10_000), (b"Title" + b",a" * 199 + b"\nEmma", 1)],
    ids=["header alone", "10,000 rows", "200 columns"],
)
def test_the_limits_themselves_are_allowed(data: bytes, rows: int) -> None:
    """And a header alone is a library without books."""
    assert rows == read(data).rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_encoding_that_spreadsheets_save_in_is_read(encoding: str) -> None:
    """With or without a byte order mark."""
    library = read(exports.plain(BOOKS, encoding=encoding))

    assert "J.K. Rowling" == library.entries[1].author
    assert ["J.K. Rowling", "Mary GrandPré"] == library.entries[1].own["authors"]
    assert 40 == len(library.entries)


def test_a_few_broken_bytes_do_not_make_utf8_something_else() -> None:
    """They become replacement characters; the accents around them stay."""
    (only,) = read("Title,Author\nÉté à Óbidos,STRAY\n".encode().replace(b"STRAY", b"Cort\xe2azar")).entries

    assert ("Été à Óbidos", "Cort\ufffdazar") == (only.title, only.author)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("under", [HEADER, b""], ids=["", "alone"])
@pytest.mark.parametrize(
    "unit",
    [
        b'"',
        b"\n",
        b"\r",
        b"x",
        b",",
        b'"\n',
        b'x,"\n',
        b'"a"b\n',
        b"'=",
        b"\xe9,",
        b"\xff\xfe",
        b"(" * 16_000 + b")" * 16_000 + b"\n",
        b"(a #" * 8_000 + b"\n",
        b'Emma,"' + b"a, " * 10_000 + b'"\n',
        b'Emma,"' + b"a and " * 5_000 + b'"\n',
        b'Emma,,"' + b"1," * 16_000 + b'"\n',
        b'Emma,,,"' + b"2020/01/01-" * 180 + b'"\n',
        "\ufdfa".encode() * 30_000 + b"\n",
    ],
    ids=lambda unit: repr(unit[:14]),
)
def test_no_file_of_five_megabytes_takes_long(unit: bytes, under: bytes) -> None:
    """Work grows with the file and not with its square, which would take hours: the time-out would tell."""
    try:
        library = read(under + unit * ((MAX_BYTES - len(under)) // len(unit)))
    except errors.ExportError as error:
        assert len(str(error)) < 600
        return

    assert library.rows <= 10_000
