"""Reading what came of a job. Pure: JSON in, data out; what is not known is ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bookstrack.types import Book, Box, Candidate, JobStarted, RejectedRow, ResultItem, Suggestion
from bookstrack.values import listed, mapping, share, text, whole


def parse_started(answer: Mapping[str, Any], kind: str) -> JobStarted:
    """The answer to a start.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(answer.get("jobId"), str) or "totalItems" not in answer:
        raise ValueError("the answer to a start has no jobId or no totalItems")
    return JobStarted(
        job_id=answer["jobId"],
        total=whole(answer["totalItems"]),
        kind=kind,
        rejected=parse_rejected(answer.get("rejectedRows")),
    )


def parse_rejected(rows: object) -> tuple[RejectedRow, ...]:
    """Rows that cannot be used, as `{line, reason}` each."""
    return tuple(
        RejectedRow(line=whole(row.get("line")), reason=text(row.get("reason"))) for row in _objects(rows)
    )


def parse_result(item: Mapping[str, Any]) -> ResultItem:
    """One of the results.

    Raises:
        ValueError: it is none.
    """
    try:
        return ResultItem(
            index=whole(item["index"]),
            work_id=str(item["workId"]),
            status=str(item["status"]),
            metadata=mapping(item.get("metadata")),
            reason=text(item.get("reason")) or text(item.get("error")) or None,
            line=whole(item.get("line")) or None,
            own=mapping(item.get("own")),
        )
    except KeyError as error:
        raise ValueError(f"a result has no {error}") from error


def parse_book(book: Mapping[str, Any]) -> Book:
    """A book that was found on the photo."""
    metadata = mapping(book.get("metadata")) or {}
    return Book(
        title=text(book.get("title")) or text(metadata.get("title")),
        metadata=metadata,
        confidence=share(book.get("confidence")),
        author_confirmed=book.get("authorConfirmed") is True,
        text=text(book.get("text")),
        box=_box(book.get("box")),
        spine=whole(book.get("spine")),
    )


def parse_suggestion(suggestion: Mapping[str, Any]) -> Suggestion:
    """A spine that a person must look at."""
    return Suggestion(
        text=text(suggestion.get("text")),
        box=_box(suggestion.get("box")),
        spine=whole(suggestion.get("spine")),
        candidates=tuple(_candidate(candidate) for candidate in _objects(suggestion.get("candidates"))),
    )


def parse_spines(page: Mapping[str, Any]) -> tuple[tuple[Book, ...], tuple[Suggestion, ...]]:
    """The books and the suggestions in the results of a scan."""
    return (
        tuple(parse_book(book) for book in _objects(page.get("books"))),
        tuple(parse_suggestion(suggestion) for suggestion in _objects(page.get("suggestions"))),
    )


def _candidate(candidate: Mapping[str, Any]) -> Candidate:
    metadata = mapping(candidate.get("metadata")) or {}
    return Candidate(
        title=text(metadata.get("title")), metadata=metadata, score=share(candidate.get("score"))
    )


def _box(value: object) -> Box:
    corners = mapping(value) or {}
    x1, x2 = sorted((share(corners.get("x1")), share(corners.get("x2"))))
    y1, y2 = sorted((share(corners.get("y1")), share(corners.get("y2"))))
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


def _objects(value: object) -> Iterable[Mapping[str, Any]]:
    return (each for each in listed(value) if isinstance(each, dict))
