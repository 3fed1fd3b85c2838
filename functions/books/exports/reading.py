"""Reading a library that another program exported: Goodreads, StoryGraph, LibraryThing, or any table with titles or
ISBNs. Pure; a bad row costs that row and never the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from books.exports import cells, columns
from books.exports.dialect import detect, split_lines
from books.exports.encoding import decode
from books.exports.errors import EmptyError, TooLargeError, TooManyError, UnknownColumnsError
from books.exports.headerless import goodreads_header
from books.exports.library import Entry, Library, Rejected
from books.exports.limits import MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from books.exports.records import Record, records
from books.exports.rows import Table, read_row

__all__ = ["Entry", "Library", "Rejected", "read"]

_SHOWN_COLUMNS = 8


def read(data: bytes) -> Library:
    """The books in a file. One with a good header may still have none: then there are no entries.

    Raises:
        ExportError: nothing in it can be used, or it is too large.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(
            f"the file has {len(data) / 1024 / 1024:.1f} MB, and {MAX_BYTES // 1024 // 1024} MB are allowed: send it"
            " in parts, each with the first line"
        )
    text = decode(data)
    if not text.strip():
        raise EmptyError("the file is empty: export the library again and send that file")
    lines = split_lines(text)
    rows = records(lines, detect(lines))
    first = next(rows, None)
    if first is None:
        raise EmptyError(
            "the file has nothing but separators in it: export the library again and send that file"
        )
    return _library(first, rows)


def _library(first: Record, rest: Iterable[Record]) -> Library:
    table = _table(first.cells)
    if {"title", "isbn", "uid"} & table.places.keys():
        return _read_rows(table, rest)
    if header := goodreads_header(first.cells):
        return _read_rows(_table(header), [first, *rest])
    raise UnknownColumnsError(_no_columns(first.cells))


def _table(header: Sequence[str]) -> Table:
    named = sum(1 for name in header if name.strip())
    if named > MAX_COLUMNS:
        raise TooManyError(
            f"the first line has {named:,} columns, and {MAX_COLUMNS} are allowed: leave out those that are not needed"
        )
    return Table(columns.format_of(header), header, columns.places(header))


def _read_rows(table: Table, rows: Iterable[Record]) -> Library:
    entries: list[Entry] = []
    rejected: list[Rejected] = []
    for count, record in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise TooManyError(
                f"the file has more than {MAX_ROWS:,} rows: send it in parts, each with the first line"
            )
        match _read_record(table, record):
            case Entry() as entry:
                entries.append(entry)
            case refused:
                rejected.append(refused)
    return Library(table.format, tuple(entries), tuple(rejected))


def _read_record(table: Table, record: Record) -> Entry | Rejected:
    if record.problem is not None:
        return Rejected(record.line, record.problem)
    return read_row(table, record.cells, record.line)


def _no_columns(header: Sequence[str]) -> str:
    names = [cells.shown(name) for name in header if name.strip()]
    listed = ", ".join(names[:_SHOWN_COLUMNS]) + (", …" if len(names) > _SHOWN_COLUMNS else "")
    seen = f"the first line has: {listed}" if listed else "the first line cannot be read"
    return f"no column is called Title or ISBN ({seen}): name the column with the titles Title, and send the file again"
