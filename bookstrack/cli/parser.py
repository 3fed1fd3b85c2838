"""What can be typed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from bookstrack.cli import commands

if TYPE_CHECKING:
    _Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

_DEFAULT_URL = "http://localhost:3000"

_EXAMPLES = """\
examples:
  bookstrack enrich 9780439023481 OL7000002W       two books, by ISBN and by Open Library id
  bookstrack enrich --file ids.txt --all           one id on each line; every row of the results
  cat ids.txt | bookstrack enrich --file - --json  for scripts: one JSON object a line
  bookstrack import library.csv                    a library, as Goodreads exports it for one
  bookstrack import library.csv --output found.csv the results as a table, in the order of the file
  bookstrack scan shelf.jpg                        which books stand on a shelf
  bookstrack scan shelf.jpg --annotate seen.jpg    the same, drawn on the photo
  bookstrack watch 550e8400-e29b-41d4-a716-446655440000
  bookstrack --url https://d111.cloudfront.net enrich 9780439023481

exit status: 0 completed, 1 failed or cancelled, 2 wrong usage or refused, 3 the server does not answer,
130 interrupted (the job goes on)
"""


_IMPORT_EXAMPLES = """\
Rows without a title and without an ISBN are listed with their line and reason; the others are looked up.

examples:
  bookstrack import library.csv
  bookstrack import library.csv --all --output found.csv
  cat library.csv | bookstrack import - --json
"""

_SCAN_EXAMPLES = """\
Books were matched by what stands on their spines; what was read, but may be several books or none, comes after them
with its best candidates.

examples:
  bookstrack scan shelf.jpg
  bookstrack scan shelf.jpg --annotate seen.jpg    books framed in green, the rest in orange
  bookstrack scan shelf.jpg --output books.json
"""


def parser() -> argparse.ArgumentParser:
    """Sets `command` to a function of `commands`, and what that reads."""
    built = argparse.ArgumentParser(
        prog="bookstrack",
        description="Start long jobs over books and watch them in real time.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    built.add_argument(
        "--url",
        default=os.environ.get("BOOKSTRACK_URL", _DEFAULT_URL),
        help=f"address of the system (default: BOOKSTRACK_URL, or {_DEFAULT_URL})",
    )
    built.add_argument(
        "--ws-url",
        default=os.environ.get("BOOKSTRACK_WS_URL"),
        help="address of its WebSocket API, where that is another (BOOKSTRACK_WS_URL)",
    )
    subcommands = built.add_subparsers(required=True, metavar="COMMAND")
    shown = _shown()
    _add_enrich(subcommands, shown)
    _add_import(subcommands, shown)
    _add_scan(subcommands, shown)
    _add_watch(subcommands, shown)
    _add_cancel(subcommands)
    return built


def _add_enrich(subcommands: _Subcommands, shown: argparse.ArgumentParser) -> None:
    enrich = subcommands.add_parser("enrich", parents=[shown], help="look books up and show what was found")
    enrich.add_argument("ids", nargs="*", metavar="ID", help="Open Library work id, ISBN-10 or ISBN-13")
    enrich.add_argument(
        "--file", metavar="FILE", help="one id on each line, # begins a comment; - is standard input"
    )
    enrich.set_defaults(command=commands.enrich)


def _add_import(subcommands: _Subcommands, shown: argparse.ArgumentParser) -> None:
    import_ = subcommands.add_parser(
        "import",
        parents=[shown],
        help="look up the books of a library that was exported as CSV",
        epilog=_IMPORT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    import_.add_argument(
        "file",
        metavar="FILE",
        help="an export of Goodreads, StoryGraph or LibraryThing, or any table with a column of titles or ISBNs, up to"
        " 5 MB; - is standard input",
    )
    import_.set_defaults(command=commands.import_csv)


def _add_scan(subcommands: _Subcommands, shown: argparse.ArgumentParser) -> None:
    scan = subcommands.add_parser(
        "scan",
        parents=[shown],
        help="find the books on a photo of a bookshelf",
        epilog=_SCAN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    scan.add_argument(
        "photo", metavar="PHOTO", help="JPEG, PNG, WebP or HEIC, up to 20 MB; - is standard input"
    )
    scan.add_argument(
        "--annotate",
        type=Path,
        metavar="FILE",
        help="draw what was found on the photo, and write that to FILE (.jpg, .png or .webp)",
    )
    scan.set_defaults(command=commands.scan)


def _add_watch(subcommands: _Subcommands, shown: argparse.ArgumentParser) -> None:
    watch = subcommands.add_parser("watch", parents=[shown], help="follow a job that was started before")
    watch.add_argument("job_id", metavar="JOBID")
    watch.set_defaults(command=commands.watch)


def _add_cancel(subcommands: _Subcommands) -> None:
    cancel = subcommands.add_parser("cancel", help="end a job")
    cancel.add_argument("job_id", metavar="JOBID")
    cancel.add_argument("--json", action="store_true", help="one JSON object on standard output")
    cancel.set_defaults(command=commands.cancel)


def _shown() -> argparse.ArgumentParser:
    """What all commands that follow a job take."""
    shown = argparse.ArgumentParser(add_help=False)
    shown.add_argument(
        "--json", action="store_true", help="one JSON object a line on standard output, nothing else"
    )
    shown.add_argument("--all", action="store_true", help="show every row of the results")
    shown.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write the results to FILE, as CSV if it ends with .csv, else as JSON",
    )
    return shown
