"""What a scan found: from the rows of its spines to books and suggestions. Pure, and the same whenever it is asked.

A row holds a spine and the books that it may be. Which of them it is depends on the other spines, since a line of
text belongs to one book: so it is decided here, over the rows that there are, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from books.metadata import Metadata
from books.spines import match, shelf, spine
from books.spines.match import Match
from books.spines.shelf import Shelved
from books.spines.spine import Box

_MOST_CANDIDATES = 5
_FEWEST_LETTERS = 3
"""A spine with less text on it is not worth a person's look."""


class Book(Struct, rename="camel", kw_only=True, frozen=True):
    """A spine, and the book that it surely is."""

    spine: int
    """The number of the item."""
    title: str
    text: str
    """All that was read on it."""
    confidence: float
    """0 to 1."""
    author_confirmed: bool
    box: Box
    metadata: Metadata


class Candidate(Struct, frozen=True):
    """A book that a spine may be, with what helps to pick."""

    score: float
    """0 to 1."""
    metadata: Metadata


class Suggestion(Struct, kw_only=True, frozen=True):
    """A spine that was read, but is not surely one of its candidates, the likeliest first; there may be none."""

    spine: int
    text: str
    box: Box
    candidates: list[Candidate]


class Report(Struct, kw_only=True):
    """What a photo shows, both from left to right."""

    books: list[Book]
    suggestions: list[Suggestion]


def report(rows: Iterable[Mapping[str, Any]]) -> Report:
    """What was found, from the results of a scan's items, each `{index, spine, matches?}`, in any state. A spine that
    could not be looked up has no matches, and is a suggestion."""
    read = {
        each["index"]: (spine.from_dict(each["spine"]), list(map(match.from_dict, each.get("matches", ()))))
        for each in rows
    }
    numbers = {id(seen): number for number, (seen, _) in read.items()}
    found = Report(books=[], suggestions=[])
    for shelved in shelf.arrange(list(read.values())):
        number = numbers[id(shelved.spine)]
        if shelved.book is not None:
            found.books.append(_book(number, shelved.spine, shelved.book))
        elif sum(map(str.isalnum, shelved.spine.text)) >= _FEWEST_LETTERS:
            found.suggestions.append(_suggestion(number, shelved))
    found.books.sort(key=lambda each: each.spine)
    found.suggestions.sort(key=lambda each: each.spine)
    return found


def as_rows(found: Report) -> Iterator[dict[str, Any]]:
    """The same in the form of other jobs' results, for a table: books `found`, suggestions `not_found`."""
    for book in found.books:
        yield {
            "workId": f"spine-{book.spine + 1}",
            "status": "found",
            "metadata": book.metadata.to_dict(),
        }
    for suggestion in found.suggestions:
        yield {
            "workId": f"spine-{suggestion.spine + 1}",
            "status": "not_found",
            "reason": f"the spine says: {suggestion.text}",
        }


def _book(number: int, seen: spine.Spine, book: Match) -> Book:
    return Book(
        spine=number,
        title=book.metadata.title,
        text=seen.text,
        confidence=book.score,
        author_confirmed=book.author_confirmed,
        box=seen.box,
        metadata=book.metadata,
    )


def _suggestion(number: int, shelved: Shelved) -> Suggestion:
    return Suggestion(
        spine=number,
        text=shelved.spine.text,
        box=shelved.spine.box,
        candidates=[
            Candidate(each.score, _brief(each.metadata)) for each in shelved.candidates[:_MOST_CANDIDATES]
        ],
    )


def _brief(metadata: Metadata) -> Metadata:
    """What helps to pick."""
    return Metadata(
        title=metadata.title,
        subtitle=metadata.subtitle,
        authors=metadata.authors,
        first_publish_year=metadata.first_publish_year,
        isbn13=metadata.isbn13,
        cover_url=metadata.cover_url,
        open_library_work_id=metadata.open_library_work_id,
        source=metadata.source,
    )
