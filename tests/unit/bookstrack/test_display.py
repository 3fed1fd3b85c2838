"""What a person sees while a job runs and when it is done."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from bookstrack.cli.display import JsonDisplay, LiveDisplay, PlainDisplay
from bookstrack.cli.tables import rejected_rows, summary, tables
from bookstrack.types import (
    Book,
    Box,
    Candidate,
    JobResult,
    JobStarted,
    RejectedRow,
    ResultItem,
    ScanResult,
    Suggestion,
    Update,
)

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
EVIL = "\x1b[2J\x9b31m\r\nE\u202emma\x07"
BOX = Box(x1=0.1, y1=0.2, x2=0.3, y2=0.4)
SCANNED = ScanResult(
    job_id=JOB_ID,
    status="completed",
    books=(
        Book(
            title=f"Emma{EVIL}",
            metadata={"authors": ["Jane Austen", EVIL]},
            confidence=0.914,
            author_confirmed=True,
            text="EMMA",
            box=BOX,
            spine=0,
        ),
    ),
    suggestions=(
        Suggestion(
            text=f"PERSU{EVIL}",
            box=BOX,
            spine=1,
            candidates=(
                Candidate(title=f"Persuasion{EVIL}", metadata={"authors": ["Jane Austen"]}, score=0.71),
            ),
        ),
        Suggestion(text="xyz", box=BOX, spine=2, candidates=()),
    ),
)
IMPORTED = JobResult(
    job_id=JOB_ID,
    status="completed",
    kind="import",
    total=3,
    items=(
        ResultItem(
            index=0, work_id="9780141439587", status="found", metadata={"title": f"Emma{EVIL}"}, line=2
        ),
        ResultItem(
            index=1,
            work_id="line-3",
            status="not_found",
            reason="nobody",
            line=3,
            own={"title": f"Mine{EVIL}"},
        ),
        ResultItem(index=2, work_id="line-5", status="failed", reason=f"no answer{EVIL}", line=5),
    ),
    rejected=(RejectedRow(line=4, reason=f"no title{EVIL}"),),
)


def update(status_text: str, *, processed: int = 0, total: int = 1, status: str = "running") -> Update:
    return Update(
        job_id=JOB_ID,
        seq=1,
        status=status,
        progress=0,
        processed=processed,
        total=total,
        failed=0,
        current_status=status_text,
    )


def live(*updates: Update, kind: str) -> str:
    """The bar after the last of the updates, without what colours it."""
    console = Console(file=io.StringIO(), force_terminal=True, width=120, legacy_windows=False)
    with LiveDisplay(console, show_all=False) as display:
        display.started(JobStarted(job_id=JOB_ID, total=1, kind=kind))
        for each in updates:
            display.update(each)
    assert isinstance(console.file, io.StringIO)
    bar = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line for line in re.split(r"[\r\n]+", bar) if line.strip()][-1]


def shown(result: JobResult | ScanResult, *, show_all: bool = False) -> str:
    console = Console(file=io.StringIO(), width=150)
    console.print(tables(result, show_all=show_all))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_while_a_photo_is_read_nothing_is_counted() -> None:
    """The one work that it stands for says nothing: 0/1 would look like a job that hangs."""
    reading = live(update("Reading the photo"), kind="scan")

    assert "Reading the photo" in reading
    assert "/" not in reading


@pytest.mark.parametrize(
    ("news", "kind", "count"),
    [
        (update("Found 17 spines", total=17), "scan", "0/17"),
        (update("Identifying", processed=5, total=17), "scan", "5/17"),
        (update("Finished", processed=1, total=1, status="completed"), "scan", "1/1"),
        (update("Finished", total=0, status="completed"), "scan", "0/0"),
        (update("Enriching"), "enrichment", "0/1"),
        (update("Enriching"), "import", "0/1"),
    ],
)
def test_what_can_be_counted_is_counted(news: Update, kind: str, count: str) -> None:
    """Spines, once they are known; works from the start."""
    assert count in live(update("Reading the photo"), news, kind=kind)


def test_plain_lines_of_a_scan_name_its_stages() -> None:
    """Without a count until there is one."""
    out = io.StringIO()
    ticks = iter(range(10))
    with PlainDisplay(Console(file=out, width=120), show_all=False, clock=lambda: next(ticks)) as display:
        display.started(JobStarted(job_id=JOB_ID, total=1, kind="scan"))
        display.update(update("Reading the photo"))
        display.update(update("Found 2 spines", total=2))
        display.update(update("Finished 2 of 2", processed=2, total=2, status="completed"))

    assert [f"Job {JOB_ID}", "Reading the photo", "0/2  Found 2 spines", "2/2  Finished 2 of 2"] == (
        out.getvalue().splitlines()
    )


def test_the_start_of_an_import_says_how_many_rows_were_rejected() -> None:
    """Which ones, the tables say."""
    out = io.StringIO()
    with PlainDisplay(Console(file=out, width=120), show_all=False) as display:
        display.started(JobStarted(job_id=JOB_ID, total=1_500, kind="import", rejected=IMPORTED.rejected))

    assert f"Job {JOB_ID}, 1,500 works, 1 rejected row\n" == out.getvalue()


def test_a_scan_is_shown_as_books_and_as_suggestions_to_pick_from() -> None:
    """Numbered through, as on the annotated photo."""
    text = shown(SCANNED)

    assert re.search(r"1 +Emma .*Jane Austen \+1 +91% +20%, 30%", text)
    assert re.search(r"2 +PERSU .*71% Persuasion .*, Jane Austen +20%, 30%", text)
    assert re.search(r"3 +xyz +unknown", text)
    assert "Completed: 1 book, 2 suggestions" == summary(SCANNED)


def test_an_import_is_shown_by_the_lines_of_its_file() -> None:
    """What was not found is called as the file calls it; rejected rows come last."""
    text = shown(IMPORTED)

    assert re.search(r"2 +Emma", text)
    assert re.search(r"3 +Mine .*not found", text)
    assert re.search(r"5 +line-5 .*no answer", text)
    assert re.search(r"Rejected rows\n +line 4 +no title", text)
    assert "Completed: 3 of 3 works; 1 found, 1 not found, 1 failed; 1 row rejected" == summary(IMPORTED)


@pytest.mark.parametrize("result", [IMPORTED, SCANNED])
def test_nothing_that_is_shown_moves_the_cursor(result: JobResult | ScanResult) -> None:
    """Whatever is in titles, texts and reasons; as JSON it is there, escaped."""
    out = io.StringIO()
    JsonDisplay(out).result(result)

    assert {"\n"} == {letter for letter in shown(result) if not letter.isprintable()}
    assert {"\n"} == {letter for letter in out.getvalue() if not letter.isprintable()}
    assert EVIL in str(json.loads(out.getvalue()).values()).encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("count", "show_all", "lines", "last"),
    [(11, False, 11, "line 11"), (12, False, 11, "2 more: --all shows them"), (12, True, 12, "line 12")],
)
def test_of_many_rejected_rows_a_few_are_shown(count: int, show_all: bool, lines: int, last: str) -> None:
    """Then how many more there are; all when asked for."""
    rows = [RejectedRow(line=line, reason="empty") for line in range(1, count + 1)]
    shown_rows = [text.plain for text in rejected_rows(rows, show_all=show_all)]

    assert (lines, True) == (len(shown_rows), last in shown_rows[-1])


def test_of_a_full_shelf_both_ends_are_shown() -> None:
    """All of it when asked for."""
    shelf = ScanResult(job_id=JOB_ID, status="completed", books=SCANNED.books * 30, suggestions=())

    assert "10 more: --all shows them" in shown(shelf)
    assert 30 == shown(shelf, show_all=True).count("Jane Austen")


def test_a_photo_without_books_is_no_failure() -> None:
    """Nor an empty table."""
    nothing = ScanResult(job_id=JOB_ID, status="completed", books=(), suggestions=())

    assert "" == shown(nothing).strip()
    assert "Completed: 0 books, 0 suggestions" == summary(nothing)


def test_a_failed_scan_says_why() -> None:
    """In the server's words."""
    failed = ScanResult(
        job_id=JOB_ID, status="failed", books=(), suggestions=(), error="The photo is damaged.\x1b"
    )

    assert "Failed: 0 books, 0 suggestions (The photo is damaged. )" == summary(failed)
