"""What came of a job, as tables and a summary for a person. Nothing printed here moves the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bookstrack.types import (
    IMPORT,
    Box,
    Candidate,
    JobResult,
    RejectedRow,
    ResultItem,
    ScanResult,
    Suggestion,
)

_SHOWN_AT_EACH_END = 10
_SHOWN_REJECTED = 10
_SHOWN_CANDIDATES = 3

Row = TypeVar("Row")


def one_line(text: str) -> str:
    """Titles and reasons come from elsewhere: whatever could move the cursor is taken out."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def tables(result: JobResult | ScanResult, *, show_all: bool) -> RenderableType:
    """Everything that was found, or with `show_all` not the first and the last of it alone."""
    if isinstance(result, ScanResult):
        return Group(*_scan(result, show_all=show_all))
    shown: list[RenderableType] = [_works(result, show_all=show_all)] if result.items else []
    if result.rejected:
        shown += [Text("Rejected rows", style="bold"), *rejected_rows(result.rejected, show_all=show_all)]
    return Group(*shown)


def rejected_rows(rows: Sequence[RejectedRow], *, show_all: bool) -> Iterable[Text]:
    """A line for each; a few, and how many more there are."""
    shown = len(rows) if show_all else _SHOWN_REJECTED
    # One more line would say no more than the row itself.
    shown = shown if len(rows) > shown + 1 else len(rows)
    for row in rows[:shown]:
        yield Text.assemble((f"  line {row.line}  ", "dim"), one_line(row.reason))
    if len(rows) > shown:
        yield Text(f"  {len(rows) - shown:,} more: --all shows them", style="dim")


def summary(result: JobResult | ScanResult) -> str:
    """The end in one line."""
    text = f"{result.status.capitalize()}: {_counts(result)}"
    return one_line(f"{text} ({result.error})" if result.error else text)


def several(count: int, what: str) -> str:
    """As `1 book`, `2 books`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _counts(result: JobResult | ScanResult) -> str:
    if isinstance(result, ScanResult):
        return f"{several(len(result.books), 'book')}, {several(len(result.suggestions), 'suggestion')}"
    counts = f"{result.found} found, {result.not_found} not found, {result.failed} failed"
    text = f"{len(result.items)} of {result.total} works; {counts}"
    return f"{text}; {several(len(result.rejected), 'row')} rejected" if result.kind == IMPORT else text


def _works(result: JobResult, *, show_all: bool) -> Table:
    imported = result.kind == IMPORT
    table = _table()
    table.add_column("line" if imported else "#", justify="right", style="dim")
    if not imported:
        table.add_column("work", no_wrap=True)
    table.add_column("title", max_width=44)
    table.add_column("author", max_width=26)
    table.add_column("year", justify="right")
    table.add_column("source", style="dim", max_width=30)
    row = _row if imported else _work
    for item in _ends(result.items, show_all=show_all):
        if isinstance(item, int):
            more = Text(f"{item:,} more: --all shows them", style="dim")
            table.add_row("…", more, "", "", "") if imported else table.add_row("", "…", more, "", "", "")
        else:
            table.add_row(*row(item))
    return table


def _work(item: ResultItem) -> tuple[Text, ...]:
    """Of an enrichment: all that is known of what was not found is its id."""
    number, work = Text(str(item.index + 1)), Text(one_line(item.work_id))
    if item.status != "found":
        return number, work, _failure(item), *(Text(""),) * 3
    return number, work, *_found(item)


def _row(item: ResultItem) -> tuple[Text, ...]:
    """Of an import: what was not found is called as the file calls it."""
    number, own = Text(str(item.line or "")), item.own or {}
    if item.status != "found":
        title = Text(one_line(str(own.get("title") or item.work_id)))
        # The reason of most is the same and long; --output has it.
        outcome = _failure(item) if item.status == "failed" else Text("not found", style="yellow")
        return number, title, Text(_author(own)), Text(""), outcome
    return number, *_found(item)


def _found(item: ResultItem) -> tuple[Text, ...]:
    metadata = item.metadata or {}
    return (
        Text(one_line(str(metadata.get("title", "")))),
        Text(_author(metadata)),
        Text(one_line(str(metadata.get("firstPublishYear", "")))),
        Text(one_line(str(metadata.get("source", "")))),
    )


def _failure(item: ResultItem) -> Text:
    return Text(one_line(item.reason or item.status), style="yellow" if item.status == "not_found" else "red")


def _scan(result: ScanResult, *, show_all: bool) -> Iterable[RenderableType]:
    if result.books:
        yield _books(result, show_all=show_all)
    if result.suggestions:
        yield Text("\nRead, but not sure: pick for yourself" if result.books else "Read, but not sure")
        yield _suggestions(result, show_all=show_all)


def _books(result: ScanResult, *, show_all: bool) -> Table:
    table = _table()
    table.add_column("#", justify="right", style="dim")
    table.add_column("title", max_width=44)
    table.add_column("author", max_width=26)
    table.add_column("sure", justify="right")
    table.add_column("across, down", justify="right", style="dim", no_wrap=True)
    for book in _ends(list(enumerate(result.books, start=1)), show_all=show_all):
        if isinstance(book, int):
            table.add_row("", Text(f"{book:,} more: --all shows them", style="dim"), "", "", "")
        else:
            number, found = book
            table.add_row(
                str(number),
                Text(one_line(found.title)),
                Text(_author(found.metadata)),
                f"{found.confidence:.0%}",
                _where(found.box),
            )
    return table


def _suggestions(result: ScanResult, *, show_all: bool) -> Table:
    table = _table()
    table.add_column("#", justify="right", style="dim")
    table.add_column("text read", max_width=30)
    table.add_column("may be", max_width=48)
    table.add_column("across, down", justify="right", style="dim", no_wrap=True)
    numbered = list(enumerate(result.suggestions, start=len(result.books) + 1))
    for suggestion in _ends(numbered, show_all=show_all):
        if isinstance(suggestion, int):
            table.add_row("", Text(f"{suggestion:,} more: --all shows them", style="dim"), "", "")
        else:
            number, read = suggestion
            table.add_row(str(number), Text(one_line(read.text)), _may_be(read), _where(read.box))
    return table


def _may_be(suggestion: Suggestion) -> Text:
    best = [_named(candidate) for candidate in suggestion.candidates[:_SHOWN_CANDIDATES]]
    return Text("\n".join(best)) if best else Text("unknown", style="dim")


def _named(candidate: Candidate) -> str:
    author = _author(candidate.metadata)
    title = one_line(candidate.title)
    return f"{candidate.score:.0%} {title}" + (f", {author}" if author else "")


def _where(box: Box) -> str:
    """The middle of the box, from the left and from the top."""
    return f"{(box.x1 + box.x2) / 2:.0%}, {(box.y1 + box.y2) / 2:.0%}"


def _author(metadata: Mapping[str, Any]) -> str:
    authors = metadata.get("authors")
    if not isinstance(authors, list) or not authors:
        return ""
    more = f" +{len(authors) - 1}" if len(authors) > 1 else ""
    return one_line(f"{authors[0]}{more}")


def _table() -> Table:
    return Table(box=None, pad_edge=False, header_style="bold")


def _ends(rows: Sequence[Row], *, show_all: bool) -> list[Row | int]:
    """The first and the last, and between them the number of those that are left out."""
    hidden = len(rows) - 2 * _SHOWN_AT_EACH_END
    if show_all or hidden <= 1:
        return list(rows)
    return [*rows[:_SHOWN_AT_EACH_END], hidden, *rows[-_SHOWN_AT_EACH_END:]]
