"""From lines to rows of cells: the csv module, and what to do where quotes go wrong.

A quote that is never closed would swallow the rest of the file, or everything up to the next quote. Neither happens:
only the line on which it begins is given up, and the next line is a row again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from books.exports.dialect import Dialect
from books.exports.limits import MAX_BYTES

csv.field_size_limit(MAX_BYTES)
"""The module's own limit, one for the whole process, would abort a file; a long cell is to cost its row only."""
_BLANK = " \t\v\f\u00a0\ufeff"


@dataclass(frozen=True)
class Record:
    """A row, and the line on which it starts, the first being 1; with a problem, its cells are no use."""

    line: int
    cells: list[str]
    problem: str | None = None


class _Lines:
    """Lines for the csv module, that tell how far it read, and can be turned back."""

    def __init__(self, lines: Sequence[str], at: int = 0) -> None:
        self._lines = lines
        self.at = at
        self.asked_beyond = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            self.asked_beyond = True
            raise StopIteration
        self.at += 1
        return self._lines[self.at - 1] + "\n"


def records(lines: Sequence[str], dialect: Dialect) -> Iterator[Record]:
    """The header and all rows after it. Lines of nothing but blanks and delimiters are none.

    In linear time: where a row that begins on line N turns out on line M to be broken, every line between was inside
    quotes and left them open, whatever row it is taken to belong to. So each of them is a row of its own or broken
    likewise, which it alone tells, and only line M is begun afresh.
    """
    source = _Lines(lines, dialect.header)
    reader = _reader(source, dialect, strict=True)
    blank = _BLANK + dialect.delimiter
    alone_before = 0
    while (start := _skip(lines, source.at, blank)) < len(lines):
        source.at = start
        if start >= alone_before:
            try:
                yield Record(start + 1, next(reader))
                continue
            except csv.Error:
                alone_before = len(lines) if source.asked_beyond else source.at - 1
        source.at = start + 1
        yield _alone(lines[start], start + 1, dialect)


def _skip(lines: Sequence[str], at: int, blank: str) -> int:
    while at < len(lines) and not lines[at].strip(blank):
        at += 1
    return at


def _alone(text: str, line: int, dialect: Dialect) -> Record:
    """One line, taken leniently: a quote in the middle of a cell is text."""
    source = _Lines([text])
    cells = next(_reader(source, dialect, strict=False))
    if source.asked_beyond:
        return Record(line, [], f"the quote that begins on line {line} is never closed")
    return Record(line, cells)


def _reader(source: _Lines, dialect: Dialect, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(
        source,
        delimiter=dialect.delimiter,
        quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
        skipinitialspace=True,
        strict=strict,
    )
