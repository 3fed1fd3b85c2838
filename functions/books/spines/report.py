"""What a scan found: from the rows of its spines to books and suggestions. Pure, and the same whenever it is asked.

A row holds a spine and the books that it may be. Which of them it is depends on the other spines, since a line of
text belongs to one book: so it is decided here, over the rows that there are, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from books.metadata import Metadata
from books.spines import match, shelf, spine
from books.spines.match import Match
from books.spines.shelf import Shelved

_MOST_CANDIDATES = 5
_FEWEST_LETTERS = 3
"""A spine with less text on it is not worth a person's look."""


def report(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """`{books, suggestions}` from the results of a scan's items, each `{index, spine, matches?}`, in any state; both
    from left to right. A spine that could not be looked up has no matches, and is a suggestion.

    A book: `{spine, title, text, box, confidence, authorConfirmed, metadata}`. A suggestion: `{spine, text, box,
    candidates: [{score, metadata}]}`, the candidates for a person to pick from; there may be none. `spine` is the
    number of the item, `box` is `{x1, y1, x2, y2}` as shares of the upright photo.
    """
    read = {
        each["index"]: (spine.from_dict(each["spine"]), list(map(match.from_dict, each.get("matches", ()))))
        for each in rows
    }
    numbers = {id(seen): number for number, (seen, _) in read.items()}
    found: dict[str, list[dict[str, Any]]] = {"books": [], "suggestions": []}
    for shelved in shelf.arrange(list(read.values())):
        place = {
            "spine": numbers[id(shelved.spine)],
            "text": shelved.spine.text,
            "box": shelved.spine.to_dict()["box"],
        }
        if shelved.book is not None:
            found["books"].append({**place, **_book(shelved.book)})
        elif sum(map(str.isalnum, shelved.spine.text)) >= _FEWEST_LETTERS:
            found["suggestions"].append({**place, "candidates": _candidates(shelved)})
    for each in found.values():
        each.sort(key=lambda one: one["spine"])
    return found


def as_rows(found: Mapping[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The same in the form of other jobs' results, for a table: books `found`, suggestions `not_found`."""
    for book in found["books"]:
        yield {"workId": f"spine-{book['spine'] + 1}", "status": "found", "metadata": book["metadata"]}
    for suggestion in found["suggestions"]:
        yield {
            "workId": f"spine-{suggestion['spine'] + 1}",
            "status": "not_found",
            "reason": f"the spine says: {suggestion['text']}",
        }


def _book(book: Match) -> dict[str, Any]:
    return {
        "title": book.metadata.title,
        "confidence": book.score,
        "authorConfirmed": book.author_confirmed,
        "metadata": book.metadata.to_dict(),
    }


def _candidates(shelved: Shelved) -> list[dict[str, Any]]:
    return [
        {"score": each.score, "metadata": _brief(each.metadata)}
        for each in shelved.candidates[:_MOST_CANDIDATES]
    ]


def _brief(metadata: Metadata) -> dict[str, Any]:
    """What helps to pick."""
    whole = metadata.to_dict()
    names = (
        "title",
        "subtitle",
        "authors",
        "firstPublishYear",
        "isbn13",
        "coverUrl",
        "openLibraryWorkId",
        "source",
    )
    return {name: whole[name] for name in names if name in whole}
