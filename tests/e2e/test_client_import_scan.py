"""Imports and scans by the command line and the library, against the running system."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import bookstrack
from bookstrack.files import MAX_BODY_BYTES
from tests.e2e.conftest import System
from tests.e2e.test_client import bookstrack_command

PHOTO = Path("tests/data/photos/cj_example.jpg")
LIBRARY = """\
Title;Author;ISBN13;My Rating;Bookshelves
The Hunger Games;Suzanne Collins;="9780439023481";5;to-read
;;;4;
Emma;Jane Austen;;3;classics
No Such Book At All;Nobody Known;;;
;"Somebody";"";;
Emma;Jane Austen;;4;again
"""
RUN_SECONDS = 300
"""Reading a photo takes ten seconds on an idle machine, and far more where other tests run beside."""

pytestmark = pytest.mark.timeout(RUN_SECONDS + 60)


@dataclass(frozen=True)
class Scanned:
    """A scan at a terminal, and what it wrote."""

    status: int
    lines: list[str]
    """Everything that the terminal showed, without what colours it."""
    result: dict[str, Any]
    picture: Path


def at_a_terminal(command: list[str]) -> tuple[int, list[str]]:
    """Exit status, and every line that a terminal of 120 columns showed."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
        status = process.wait(RUN_SECONDS)
    os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    return status, [line.strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that the other side is closed
        return b""


@pytest.fixture(scope="module")
def scanned(system: System, tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """One scan for all tests that look at it."""
    folder = tmp_path_factory.mktemp("scan")
    output, picture = folder / "books.json", folder / "seen.png"
    options = ["--annotate", str(picture), "--output", str(output), "--all"]
    status, lines = at_a_terminal(bookstrack_command(system, "scan", str(PHOTO), *options))
    return Scanned(status, lines, json.loads(output.read_text()), picture)


def test_a_scan_shows_its_stages_live(scanned: Scanned) -> None:
    """A pulse without a count while the photo is read; then spines are counted; then tables."""
    reading = [line for line in scanned.lines if "Reading the photo" in line]
    spines = next(match[1] for line in scanned.lines if (match := re.search(r"Found (\d+) spines", line)))

    assert 0 == scanned.status
    assert reading
    assert [] == [line for line in reading if re.search(r"\d/\d", line)]
    assert [line for line in scanned.lines if f"{spines}/{spines}" in line]
    assert scanned.lines[-1].startswith("Completed: ")


def test_a_scan_gives_books_and_suggestions_with_their_places(scanned: Scanned) -> None:
    """What the terminal counts is what the file holds."""
    books, suggestions = scanned.result["books"], scanned.result["suggestions"]
    words = re.fullmatch(r"Completed: (\d+) books?, (\d+) suggestions?", scanned.lines[-1])

    assert words is not None
    assert (len(books), len(suggestions)) == (int(words[1]), int(words[2]))
    assert "Tennessee Williams" in str([book["metadata"]["authors"] for book in books])
    assert "THE POETRY PHARMACY RETURNS" in " ".join(spine["text"] for spine in suggestions)
    for spine in (*books, *suggestions):
        box = spine["box"]
        assert 0 <= box["x1"] < box["x2"] <= 1
        assert 0 <= box["y1"] < box["y2"] <= 1


def test_an_annotated_photo_has_its_books_in_green(scanned: Scanned) -> None:
    """Enlarged, since it is too small to write on."""
    book = scanned.result["books"][0]["box"]
    with Image.open(scanned.picture) as picture:
        width, height = picture.size
        left_edge = picture.crop(
            (
                round(book["x1"] * width),
                round(book["y1"] * height),
                round(book["x1"] * width) + 4,
                round(book["y2"] * height),
            )
        )

    assert (1600, 1200) == (width, height)
    assert (0, 128, 60) in [colour for _, colour in left_edge.getcolors(100_000) or []]


def test_a_scan_that_has_ended_is_watched_with_the_same_result(system: System, scanned: Scanned) -> None:
    """The record says what kind of job it was."""
    command = bookstrack_command(system, "watch", scanned.result["job_id"], "--json")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    events = [json.loads(line) for line in done.stdout.splitlines()]

    assert (0, "scan") == (done.returncode, events[0]["kind"])
    assert {"event": "result", **scanned.result} == events[-1]


@pytest.fixture
def large_photo(tmp_path: Path) -> Path:
    """The same photo with more behind it than a request takes."""
    photo = tmp_path / "large.jpg"
    photo.write_bytes(PHOTO.read_bytes().ljust(MAX_BODY_BYTES + 1, b"\0"))
    return photo


async def test_a_photo_too_large_for_a_request_is_uploaded_first(system: System, large_photo: Path) -> None:
    """The rest is as ever."""
    async with bookstrack.connect(system.stack.url) as client:
        job = await client.scan(large_photo)
        updates = [update async for update in job]
        result = await job.result()

    assert ("completed", "Reading the photo") == (result.status, updates[0].current_status)
    assert result.books
    assert result.suggestions


def test_an_import_accounts_for_every_row(system: System, tmp_path: Path) -> None:
    """Works and rejected rows are the rows of the file; the table has them all in its order."""
    library, table = tmp_path / "library.csv", tmp_path / "found.csv"
    library.write_text(LIBRARY, encoding="utf-8-sig")
    command = bookstrack_command(system, "import", str(library), "--json", "--output", str(table))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    began, result = events[0], events[-1]

    assert (0, "", "import") == (done.returncode, done.stderr, began["kind"])
    assert [3, 6] == [row["line"] for row in began["rejected"]] == [row["line"] for row in result["rejected"]]
    assert [2, 4, 5, 7] == [item["line"] for item in result["items"]]
    assert ["found", "found", "not_found", "found"] == [item["status"] for item in result["items"]]
    assert 5 == result["items"][0]["own"]["rating"]
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert ["2", "3", "4", "5", "6", "7"] == [row["line"] for row in rows]
    assert ["rejected", "not_found", "rejected"] == [rows[number]["status"] for number in (1, 3, 4)]


def test_an_import_shows_a_live_bar_and_its_rejected_rows(system: System, tmp_path: Path) -> None:
    """At a terminal."""
    library = tmp_path / "library.csv"
    library.write_text(LIBRARY)

    status, lines = at_a_terminal(bookstrack_command(system, "import", str(library)))

    assert 0 == status
    assert [line for line in lines if "━" in line and "4/4" in line]
    assert [line for line in lines if line.startswith("line 3 ")]
    assert "Completed: 4 of 4 works; 3 found, 1 not found, 0 failed; 2 rows rejected" == lines[-1]


def test_an_import_that_has_ended_is_watched_with_its_rejected_rows(system: System, tmp_path: Path) -> None:
    """Though its start was somebody else's."""
    library = tmp_path / "library.csv"
    library.write_text(LIBRARY)
    command = bookstrack_command(system, "import", str(library), "--json")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    result = json.loads(done.stdout.splitlines()[-1])

    watched = subprocess.run(
        bookstrack_command(system, "watch", result["job_id"], "--json"),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert result == json.loads(watched.stdout.splitlines()[-1])


def test_a_pdf_that_is_called_a_photo_is_refused_in_words(system: System, tmp_path: Path) -> None:
    """Status 2, one line."""
    photo = tmp_path / "shelf.jpg"
    photo.write_bytes(b"%PDF-1.7 nothing")

    done = subprocess.run(
        bookstrack_command(system, "scan", str(photo)), capture_output=True, text=True, timeout=60
    )

    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "JPEG, PNG, WebP or HEIC" in done.stderr
