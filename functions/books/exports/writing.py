"""Results as CSV (RFC 4180), to be opened in a spreadsheet.

The columns: what was asked and what came of it, what was found, why nothing was (reason), and what the person's own
file said. Lists are joined by "; ".

A cell that a spreadsheet would run as a formula begins with an apostrophe instead, as OWASP advises.
"""

from __future__ import annotations

import csv
import heapq
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_ROW = ("line", "workId", "status")
_METADATA = {
    "title": "title",
    "subtitle": "subtitle",
    "authors": "authors",
    "isbn13": "isbn13",
    "publisher": "publisher",
    "year": "firstPublishYear",
    "pages": "pageCount",
    "language": "language",
    "subjects": "subjects",
    "cover": "coverUrl",
    "source": "source",
}
_OWN = {
    "my title": "title",
    "my authors": "authors",
    "contributors": "contributors",
    "my series": "series",
    "my rating": "rating",
    "my status": "status",
    "shelves": "shelves",
    "date started": "dateStarted",
    "dates read": "datesRead",
    "date added": "dateAdded",
    "read count": "readCount",
    "review": "review",
    "notes": "notes",
    "owned": "owned",
    "format": "format",
    "my publisher": "publisher",
    "my year": "year",
    "my pages": "pages",
    "original year": "originalYear",
    "my language": "language",
    "isbn text": "isbnText",
}
CONTENT_TYPE = "text/csv; charset=utf-8"
COLUMNS = (*_ROW, *_METADATA, "reason", *_OWN)
"""The header."""

_FORMULA = re.compile("[\\s\ufeff\u200b]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What starts a formula, after blanks too, which some programs drop; and full-width, which some take for the same."""


def to_csv(rows: Iterable[Mapping[str, Any]], *, header: bool = True) -> str:
    """Results and rejected rows as the API gives them; without the header to go on with a file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if header:
        writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in _values(row)] for row in rows)
    return text.getvalue()


def in_order(
    rows: Sequence[Mapping[str, Any]], rejected: Iterable[Mapping[str, Any]], *, after: int, last: bool
) -> Iterator[Mapping[str, Any]]:
    """A page of results with the rejected rows that belong into it, by their lines in the file.

    `after` is the line that the page before ended with; the `last` page has all that follow.
    """
    end = math.inf if last or not rows else rows[-1]["line"]
    here = [{**row, "status": "rejected"} for row in rejected if after < row["line"] < end]
    return heapq.merge(rows, here, key=lambda row: int(row["line"]))


def _values(row: Mapping[str, Any]) -> list[Any]:
    metadata, own = _mapping(row.get("metadata")), _mapping(row.get("own"))
    reason = row.get("reason") or row.get("error")
    return [
        *(row.get(key) for key in _ROW),
        *(metadata.get(key) for key in _METADATA.values()),
        _mapping(reason).get("message") or reason,
        *(own.get(key) for key in _OWN.values()),
    ]


def _cell(value: Any) -> str | int | float:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return value
        case float() if math.isfinite(value):
            return value
        case str():
            return _harmless(value)
        case list() | tuple():
            # Each of them too: where semicolons separate cells, each of them becomes a cell.
            return _harmless("; ".join(str(_cell(each)) for each in value))
        case {"name": name, **rest}:
            position = rest.get("position")
            return _harmless(f"{name} #{position}" if position else str(name))
        case _:
            return ""


def _harmless(text: str) -> str:
    # JSON may hold halves of characters, which no file can.
    sound = text.encode("utf-8", "replace").decode()
    return f"'{sound}" if _FORMULA.match(sound) else sound


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
