"""Goodreads exports whose header was lost, as happens in spreadsheets: their columns are always the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from books.exports.dates import date

_START = (
    "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Binding,"
    "Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,"
    "Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,"
)
_UNTIL_2022 = (
    "Recommended For,Recommended By,Owned Copies,Original Purchase Date,Original Purchase Location,Condition,"
    "Condition Description,BCID"
)
HEADERS = {
    24: tuple(f"{_START}Owned Copies".split(",")),
    31: tuple(f"{_START}{_UNTIL_2022}".split(",")),
}
"""By the number of columns, which dropped in October 2022."""


def goodreads_header(cells: Sequence[str]) -> tuple[str, ...] | None:
    """The header that a first row does without; None if it is no row of Goodreads."""
    header = HEADERS.get(len(cells))
    if header is None:
        return None
    row = dict(zip(header, cells, strict=True))
    is_row = (
        re.fullmatch(r"[0-9]{1,10}", row["Book Id"])
        and re.fullmatch(r"[0-5]", row["My Rating"])
        and date(row["Date Added"])
        and row["Title"].strip()
    )
    return header if is_row else None
