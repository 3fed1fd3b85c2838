"""What the command line says when a file or a server will not do: a line, an exit status, no stack trace."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bookstrack.__main__ import main
from tests.unit.bookstrack.played import Played, gives, playing

PHOTO = Path("tests/data/photos/cj_example.jpg").resolve()


@pytest.fixture
async def server() -> AsyncIterator[Played]:
    async with playing() as played:
        yield played


async def bookstrack(
    server: Played, *arguments: str, given: bytes = b"", python: str = ""
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of the command, run as a person would."""
    start = ["-c", f"{python}\nfrom bookstrack.__main__ import main\nraise SystemExit(main())"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *start,
        "--url",
        server.url,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate(given)
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (413, "The file has 6.1 MB."),
        (415, "This is a PDF, not a CSV file."),
        (422, "No column is called Title or ISBN."),
    ],
)
async def test_a_refused_import_is_told_in_the_servers_words(
    server: Played, status: int, detail: str
) -> None:
    """From standard input too."""
    server.answers["POST /api/csv/import"] = gives({"detail": detail, "status": status}, status=status)

    assert (2, "", f"error: {detail}\n") == await bookstrack(server, "import", "-", given=b"x")


async def test_rows_of_a_refused_import_are_listed(server: Played) -> None:
    """Each with its line and reason; a few, then how many more."""
    rows = [{"line": line, "reason": "no title\x1b[2J"} for line in range(2, 22)]
    problem = {"detail": "None of the file's 20 rows can be used.", "rejectedRows": rows}
    server.answers["POST /api/csv/import"] = gives(problem, status=422)

    status, _, errors = await bookstrack(server, "import", "-", given=b"x")
    lines = errors.splitlines()

    assert (2, 12) == (status, len(lines))
    assert ("  line 2  no title [2J", "  10 more: --all shows them") == (lines[1], lines[-1])
    _, _, errors = await bookstrack(server, "import", "-", "--all", given=b"x")
    assert "line 21" in errors.splitlines()[-1]


async def test_a_refused_photo_is_told_in_the_servers_words(server: Played) -> None:
    """What control characters are in them is taken out."""
    server.answers["POST /api/bookshelf/scan"] = gives({"detail": "No \x1b[31mphoto."}, status=415)

    assert (2, "", "error: No  [31mphoto.\n") == await bookstrack(server, "scan", "-", given=b"%PDF")


async def test_without_pillow_annotating_says_what_to_install(server: Played) -> None:
    """Before anything is sent; the rest of the command line works without it."""
    status, _, errors = await bookstrack(
        server, "scan", str(PHOTO), "--annotate", "out.jpg", python="import sys; sys.modules['PIL'] = None"
    )

    assert (2, []) == (status, server.asked)
    assert "error: drawing on photos needs Pillow: pip install 'bookstrack-progress[annotate]'\n" == errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere.csv"], "nowhere.csv cannot be read: No such file"),
        (["import", "."], ". cannot be read: Is a directory"),
        (["import", "/dev/null"], "/dev/null is empty"),
        (["import", "/dev/zero"], "/dev/zero has more than 5 MB"),
        (["scan", "/dev/zero"], "/dev/zero has more than 20 MB"),
        (["scan", str(PHOTO), "--output", "nowhere/x.json"], "there is no directory nowhere"),
        (["scan", str(PHOTO), "--output", "."], ". cannot be written: it is a directory"),
        (["scan", str(PHOTO), "--annotate", "nowhere/x.jpg"], "there is no directory nowhere"),
        (["scan", str(PHOTO), "--annotate", "x.gif"], "x.gif: a file that ends with .jpg"),
        (["scan", __file__, "--annotate", "x.jpg"], "the photo cannot be drawn on"),
    ],
)
def test_a_file_that_will_not_do_is_told_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    """To an address where nobody is: had anything been sent, the status would be 3."""
    monkeypatch.chdir(tmp_path)

    assert 2 == main(["--url", "http://127.0.0.1:9", *arguments])

    printed = capsys.readouterr()
    assert words in printed.err
    assert 1 == len(printed.err.splitlines())


@pytest.mark.parametrize(
    ("arguments", "example"),
    [
        (["--help"], "bookstrack import library.csv"),
        (["--help"], "bookstrack scan shelf.jpg --annotate seen.jpg"),
        (["import", "--help"], "cat library.csv | bookstrack import - --json"),
        (["scan", "--help"], "bookstrack scan shelf.jpg --output books.json"),
    ],
)
def test_the_help_has_examples(
    capsys: pytest.CaptureFixture[str], arguments: list[str], example: str
) -> None:
    """To be copied from."""
    with pytest.raises(SystemExit):
        main(arguments)

    assert example in capsys.readouterr().out
