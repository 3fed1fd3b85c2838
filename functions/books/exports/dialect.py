"""How a file separates its cells: told by its header, which is the one line whose contents are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from books.exports import columns

_DELIMITERS = ",;\t|"
"""The first of equals wins."""
_QUOTED = re.compile(r'"[^"]*"')
_EXCEL = re.compile(r'\s*"?sep=([,;\t|])', re.IGNORECASE)
"""Excel's own first line, which names the delimiter."""


@dataclass(frozen=True)
class Dialect:
    """`header` is the index of the header's line."""

    delimiter: str
    quoted: bool
    header: int


def split_lines(text: str) -> list[str]:
    """Its lines without their ends, of whichever system. Other separators (U+2028 and the like) are text: they occur
    within reviews."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def detect(lines: Sequence[str]) -> Dialect:
    """The dialect of a file that is not blank."""
    first = _first_line(lines, 0)
    if told := _EXCEL.match(lines[first]):
        return Dialect(told[1], quoted=True, header=_first_line(lines, first + 1))
    unquoted = _QUOTED.sub("", lines[first])
    delimiter = max(_DELIMITERS, key=unquoted.count)
    return Dialect(delimiter, quoted=not _is_librarything(lines[first], delimiter), header=first)


def _is_librarything(header: str, delimiter: str) -> bool:
    """LibraryThing separates by tabs and does not quote: a quote is part of a title."""
    return delimiter == "\t" and columns.format_of(header.split("\t")) == columns.LIBRARYTHING


def _first_line(lines: Sequence[str], start: int) -> int:
    return next((index for index in range(start, len(lines)) if lines[index].strip()), start)
