"""What a scan's results say: books, and what was read beside, whatever came of each spine."""

from __future__ import annotations

from typing import Any

from books.metadata import Metadata
from books.spines.match import Match
from books.spines.report import as_rows, report
from books.spines.spine import Box, Line, Spine


def item(index: int, text: str, *matches: Match) -> dict[str, Any]:
    """The result of a spine that was looked up."""
    seen = Spine(box=Box(0.1 * index, 0.1, 0.1 * index + 0.05, 0.9), lines=[Line(index, text, 0.9)])
    return {"index": index, "spine": seen.to_dict(), "matches": [match.to_dict() for match in matches]}


def emma(line: int, *, sure: bool) -> Match:
    metadata = Metadata(title="Emma", authors=["Jane Austen"], description="A novel.", source="openlibrary")
    return Match(metadata, 0.9, [line], sure=sure, author_confirmed=sure)


def test_a_sure_match_is_a_book_with_all_that_is_known_of_it() -> None:
    """Where it stands, what was read, how sure it is, and the whole metadata."""
    found = report([item(3, "EMMA AUSTEN", emma(3, sure=True))])

    (book,) = found.books
    assert (3, "Emma", "EMMA AUSTEN", 0.9, True) == (
        book.spine,
        book.title,
        book.text,
        book.confidence,
        book.author_confirmed,
    )
    assert Box(0.1 * 3, 0.1, 0.1 * 3 + 0.05, 0.9) == book.box
    assert "A novel." == book.metadata.description
    assert [] == found.suggestions


def test_another_match_is_a_candidate_with_what_helps_to_pick() -> None:
    """Without what is only long."""
    found = report([item(0, "EMMA", emma(0, sure=False))])

    (suggestion,) = found.suggestions
    assert [Metadata(title="Emma", authors=["Jane Austen"], source="openlibrary")] == [
        candidate.metadata for candidate in suggestion.candidates
    ]
    assert [] == found.books


def test_a_spine_that_could_not_be_looked_up_is_a_suggestion_with_its_text() -> None:
    """Nobody could say which book it is; what was read is not lost."""
    failed = {**item(1, "EMMA AUSTEN"), "status": "failed", "error": "Open Library does not answer"}
    del failed["matches"]

    found = report([item(0, "EMMA", emma(0, sure=True)), failed])

    assert [(1, "EMMA AUSTEN", [])] == [
        (each.spine, each.text, each.candidates) for each in found.suggestions
    ]
    assert ["spine-1", "spine-2"] == [row["workId"] for row in as_rows(found)]
