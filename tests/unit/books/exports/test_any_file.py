"""Whatever is sent: a library or an error, and every row in one of two places."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from books.exports.errors import ExportError
from books.exports.library import Library
from books.exports.reading import read
from tests.tables import HEADER, Written, files, texts, written

MANY = settings(max_examples=500, deadline=None)


def lines_of(library: Library) -> list[int]:
    return sorted([entry.line for entry in library.entries] + [row.line for row in library.rejected])


@MANY
@given(file=written())
def test_every_row_that_was_written_is_a_book_or_is_rejected(file: Written) -> None:
    """As many as the program wrote, whatever its separators, quotes, ends of lines and encoding."""
    library = read(file.data)

    assert file.rows == library.rows
    assert file.rows == len(set(lines_of(library)))


@MANY
@given(text=st.text("ab,;1 \r\n", max_size=200))
def test_without_quotes_every_line_with_something_on_it_is_a_row(text: str) -> None:
    """And is found under its own number."""
    lines = re.split("\r\n|\r|\n", text)
    wanted = [number for number, line in enumerate(lines, start=2) if line.strip(" ,")]

    assert wanted == lines_of(read(f"{HEADER}\n{text}".encode()))


@MANY
@given(text=texts)
def test_no_line_is_counted_twice(text: str) -> None:
    """However its quotes are broken; and none is made up."""
    data = f"{HEADER}\n{text}".encode()
    try:
        lines = lines_of(read(data))
    except ExportError:
        return

    assert len(lines) == len(set(lines))
    assert set(lines) <= set(range(2, 2 + len(re.split("\r\n|\r|\n", text))))


@MANY
@given(data=files)
def test_any_bytes_are_a_library_or_a_clear_error(data: bytes) -> None:
    """Never another exception; and every text for the person is one."""
    try:
        library = read(data)
    except ExportError as error:
        assert str(error)
        return

    assert library.rows == len(library.entries) + len(library.rejected)
    assert all(row.reason for row in library.rejected)
    assert all(entry.title or entry.isbn for entry in library.entries)
    assert [entry.line for entry in library.entries] == sorted(entry.line for entry in library.entries)
