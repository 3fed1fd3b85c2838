"""One row: which cell says what, what the file says of the book, and whether there is something to look up."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from books.exports import cells, columns, names
from books.exports.dates import date, dates
from books.exports.library import Entry, Rejected
from books.exports.limits import MAX_FIELD, MAX_NAME, MAX_ROW_BYTES
from books.exports.titles import split_series

_STATUS_COLLECTIONS = ("to-read", "currently-reading")
"""LibraryThing has no status; these of its collections are one."""


@dataclass(frozen=True)
class Table:
    """What all rows of a file have in common."""

    format: str
    header: Sequence[str]
    places: Mapping[str, tuple[int, ...]]


def read_row(table: Table, row: Sequence[str], line: int) -> Entry | Rejected:
    """The entry, or the reason why there is none."""
    if reason := _unreadable(table, row) or _not_a_book(_Row(table, row)):
        return Rejected(line, reason)
    return _entry(_Row(table, row), line)


class _Row:
    """Cells by what they hold."""

    def __init__(self, table: Table, row: Sequence[str]) -> None:
        self.format = table.format
        self._places = table.places
        self._row = row

    def all(self, kind: str) -> list[str]:
        """All cells of a kind that have something in them, the best first."""
        return [
            text
            for index in self._places.get(kind, ())
            if index < len(self._row) and (text := cells.unwrap(self._row[index]))
        ]

    def text(self, kind: str) -> str:
        """The best cell of a kind, or an empty text."""
        for index in self._places.get(kind, ()):
            if index < len(self._row) and (text := cells.unwrap(self._row[index])):
                return text
        return ""


def _unreadable(table: Table, row: Sequence[str]) -> str | None:
    width = len(table.header)
    if any(cell.strip() for cell in row[width:]):
        return (
            f"the row has {len(row):,} columns and the header {width:,}: a text with the separator in it needs quotes"
            " around it"
        )
    for name, cell in zip(table.header, row, strict=False):
        if len(cell) > MAX_FIELD:
            return f"the column {cells.shown(name)} is longer than {MAX_FIELD:,} characters"
    # As JSON, in which it is stored: a control character takes six bytes there.
    size = sum(len(json.dumps(cell, ensure_ascii=False).encode()) for cell in row)
    return f"the row is longer than {MAX_ROW_BYTES // 1024} KB" if size > MAX_ROW_BYTES else None


def _not_a_book(row: _Row) -> str | None:
    media = row.text("media")
    return f"not a book: {cells.shown(media)}" if cells.is_no_book(media) else None


def _entry(row: _Row, line: int) -> Entry | Rejected:
    isbn = _isbn(row)
    bad_isbn = "" if isbn else _bad_isbn(row)
    title, series = split_series(row.text("title"))
    if not title and not isbn:
        why = f"{cells.why_no_isbn(bad_isbn)} and there is no title" if bad_isbn else "no title and no ISBN"
        return Rejected(line, why)
    authors = names.authors(row.text("author"), row.format)
    if max(len(title), *map(len, authors), 0) > MAX_NAME:
        return Rejected(line, f"the title or the author is longer than {MAX_NAME} characters")
    own = {
        "title": row.text("title"),
        "authors": names.distinct([*authors, *_more_authors(row)]),
        "contributors": names.joined_by_commas(row.text("contributors")),
        "series": _series(row) or series,
        "isbnText": bad_isbn if cells.meant_as_isbn(bad_isbn) else None,
        **_reading(row),
        **_edition(row),
    }
    return Entry(
        line=line,
        title=title or None,
        author=authors[0] if authors else None,
        isbn=isbn,
        own={name: value for name, value in own.items() if value not in (None, "", [])},
    )


def _reading(row: _Row) -> dict[str, Any]:
    """What the person did with the book, and thinks of it."""
    collections = cells.shelves(row.text("collections"))
    read = dates(row.text("datesRead"))
    started = date(row.text("dateStarted"))
    if started and read and "/" not in read[0]:
        read, started = [f"{started}/{read[0]}", *read[1:]], None
    return {
        "rating": _rating(row),
        "status": cells.status(row.text("status")) or _status_in(collections),
        "shelves": list(dict.fromkeys([*cells.shelves(row.text("shelves")), *collections, *_tags(row)])),
        "dateStarted": None if read else started,
        "datesRead": read,
        "dateAdded": date(row.text("dateAdded")),
        "readCount": cells.number(row.text("readCount")),
        "review": row.text("review"),
        "notes": "\n".join(dict.fromkeys(row.all("notes"))),
        "owned": cells.yes(row.text("owned")),
    }


def _edition(row: _Row) -> dict[str, Any]:
    """The copy that the person has, or means."""
    return {
        "format": row.text("format") or row.text("media"),
        "pages": cells.number(row.text("pages")) or None,
        "publisher": _publisher(row),
        "year": cells.year(row.text("year")),
        "originalYear": cells.year(row.text("originalYear")),
        "language": row.text("language"),
    }


def _isbn(row: _Row) -> str | None:
    found = (cells.isbn(cell) for cell in row.all("isbn"))
    others = (cells.isbn(cell, lost_zeros=1) for cell in row.all("uid"))
    return next((isbn for isbn in chain(found, others) if isbn), None)


def _bad_isbn(row: _Row) -> str:
    texts = (cells.isbn_text(cell) for cell in (*row.all("isbn"), *row.all("uid")))
    return next((text for text in texts if text), "")


def _more_authors(row: _Row) -> list[str]:
    cell = row.text("moreAuthors")
    return (
        names.joined_by_commas(cell) if row.format == columns.GOODREADS else names.authors(cell, row.format)
    )


def _series(row: _Row) -> dict[str, str] | None:
    name = " ".join(row.text("series").split())
    position = " ".join(row.text("position").split())
    if not name:
        return None
    return {"name": name, "position": position} if position else {"name": name}


def _rating(row: _Row) -> float | None:
    rating = cells.rating(row.text("rating"))
    # Goodreads has no stars below one: its 0 is "not rated".
    return None if rating == 0 and row.format == columns.GOODREADS else rating


def _tags(row: _Row) -> list[str]:
    return cells.shelves(row.text("tags"))


def _status_in(collections: Sequence[str]) -> str | None:
    found = (cells.status(name) for name in collections)
    return next((status for status in found if status in _STATUS_COLLECTIONS), None)


def _publisher(row: _Row) -> str:
    """LibraryThing has "Plume (1992), 864 pages", and sometimes "New York : Penguin, 1992."."""
    text = row.text("publisher")
    return re.split(r" \((?:c?[0-9]{4})", text, maxsplit=1)[0] if row.format == columns.LIBRARYTHING else text
