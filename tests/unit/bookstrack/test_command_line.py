"""What the command line takes and prints, apart from any server."""

from __future__ import annotations

import io
import json
from importlib import resources
from pathlib import Path

import pytest
from rich.console import Console

import bookstrack
from bookstrack.__main__ import main
from bookstrack.cli.display import JsonDisplay, PlainDisplay
from bookstrack.cli.inputs import read_ids
from bookstrack.errors import InputError
from bookstrack.types import JobResult, JobStarted, ResultItem, Update

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
STARTED = JobStarted(job_id=JOB_ID, total=2)
UPDATE = Update(
    job_id=JOB_ID,
    seq=1,
    status="running",
    progress=0.5,
    processed=1,
    total=2,
    failed=0,
    current_status="Enriching: \x1b[2JEmma\nby Jane",
)
RESULT = JobResult(
    job_id=JOB_ID,
    status="completed",
    total=2,
    items=(
        ResultItem(
            index=0,
            work_id="OL1W",
            status="found",
            metadata={"title": "Em\x1bma", "authors": ["Jane Austen"]},
        ),
        ResultItem(index=1, work_id="x", status="not_found", reason="nobody has it"),
    ),
)


def test_ids_come_from_arguments_and_a_file(tmp_path: Path) -> None:
    """One on each line; blank lines and comments are passed over, a byte-order mark too."""
    file = tmp_path / "ids.txt"
    file.write_text("\ufeffOL2W  # Emma\n\n# nothing\n 9780439023481 \n", encoding="utf-8")

    assert ["OL1W", "OL2W", "9780439023481"] == read_ids(["OL1W"], str(file))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "there is no id"),
        (b"# x\n", "there is no id"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x\n" * 10_001, "10,001 ids"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    """With what to do."""
    file = tmp_path / "ids.txt"
    file.write_bytes(content)

    with pytest.raises(InputError, match=words):
        read_ids([], str(file))


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["enrich"], 2, "there is no id"),
        (["enrich", "--file", "/nowhere"], 2, "cannot be read"),
        (["--url", "nonsense", "enrich", "x"], 2, "is no address"),
        (["--ws-url", "http://x", "enrich", "x"], 2, "is no address"),
        (["--url", "http://127.0.0.1:9", "cancel", JOB_ID], 3, "does not answer"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_by_the_exit_status(
    capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, words: str
) -> None:
    """No stack trace."""
    assert status == main(arguments)

    printed = capsys.readouterr()
    assert words in printed.err
    assert "Traceback" not in printed.err
    assert "" == printed.out


def test_plain_output_has_no_control_codes_and_a_line_for_each_work() -> None:
    """Whatever is in a title."""
    out = io.StringIO()
    console = Console(file=out, width=200)
    with PlainDisplay(console, show_all=False) as display:
        display.started(STARTED)
        display.update(UPDATE)
        display.result(RESULT)

    assert "\x1b" not in out.getvalue()
    assert "1/2  Enriching:" in out.getvalue()
    assert "nobody has it" in out.getvalue()
    assert "1 found, 1 not found, 0 failed" in out.getvalue()


def test_json_output_is_an_object_a_line() -> None:
    """Started, updates, the result with its counts."""
    out = io.StringIO()
    with JsonDisplay(out) as display:
        display.started(STARTED)
        display.update(UPDATE)
        display.result(RESULT)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]

    assert ["started", "update", "result"] == [line["event"] for line in lines]
    assert (1, 1, 0) == tuple(lines[2][name] for name in ("found", "not_found", "failed"))


def test_the_public_names_are_there_and_typed() -> None:
    """What `__all__` says, and the marker for type checkers."""
    assert [] == [name for name in bookstrack.__all__ if not hasattr(bookstrack, name)]
    assert resources.files(bookstrack).joinpath("py.typed").is_file()
