"""POST /api/csv/import?jobId=: records a job over the books of a CSV file and answers 202.

The body is the file itself: an export of Goodreads, StoryGraph or LibraryThing, or any table with a column of titles or
ISBNs. Rows that cannot be used are listed in the answer and in the results. The same file again answers the same and
runs once; the same jobId with another file is a 409.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from books.exports.errors import EmptyError, ExportError, NotTextError, TooLargeError
from books.exports.library import Library, Rejected
from books.exports.reading import read
from books.kinds import IMPORT
from progress.bodies import Started
from progress.http import body_of, resolver
from progress.log import observed
from progress.problems import ProblemDetails, ProblemError, ProblemType
from progress.starting import accepted, job_id_or_new, start_job

CONTENT_TYPES = (
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/vnd.ms-excel",  # what browsers on Windows call a .csv file
    "application/octet-stream",
)
_REJECTED_IN_PROBLEM = 1_000


class ImportStarted(Started, rename="camel", kw_only=True):
    """A job over the rows that can be used, and why the others cannot."""

    rejected_rows: list[Rejected]


class UnusableFile(ProblemDetails, rename="camel", kw_only=True):
    """None of a file's rows can be used: the first thousand reasons."""

    rejected_rows: list[Rejected]


@dataclass
class UnusableFileError(ProblemError):
    """Says of each row what is wrong with it."""

    rejected: Sequence[Rejected]

    def details(self) -> UnusableFile:
        rejected = list(self.rejected[:_REJECTED_IN_PROBLEM])
        return UnusableFile(**msgspec.structs.asdict(super().details()), rejected_rows=rejected)


app = resolver()


@app.post("/api/csv/import")
def start() -> Response[Any]:
    event = app.current_event
    _check_type(event.headers.get("content-type") or "")
    job_id = job_id_or_new((event.query_string_parameters or {}).get("jobId"))
    library = _read(body_of(app))
    if not library.entries:
        raise _unusable(library.rejected)
    started = start_job(
        app,
        job_id,
        kind=IMPORT,
        items=library.to_items(),
        rejected=msgspec.to_builtins(library.rejected),
    )
    return accepted(ImportStarted(**msgspec.structs.asdict(started), rejected_rows=list(library.rejected)))


def _check_type(header: str) -> None:
    kind = header.partition(";")[0].strip().lower()
    if kind and kind not in CONTENT_TYPES:
        raise ProblemError(
            ProblemType.UNSUPPORTED,
            f"The body is said to be {kind[:80]}. Send the file itself, with Content-Type: application/octet-stream.",
        )


def _read(body: bytes) -> Library:
    try:
        return read(body)
    except ExportError as error:
        text = str(error)
        raise ProblemError(_problem_of(error), f"{text[0].upper()}{text[1:]}.") from error


def _problem_of(error: ExportError) -> ProblemType:
    match error:
        case NotTextError():
            return ProblemType.UNSUPPORTED
        case EmptyError():
            return ProblemType.MALFORMED
        case TooLargeError():
            return ProblemType.TOO_LARGE
        case _:
            return ProblemType.INVALID


def _unusable(rejected: Sequence[Rejected]) -> ProblemError:
    if not rejected:
        return ProblemError(ProblemType.INVALID, "The file has a header and no rows under it.")
    return UnusableFileError(
        ProblemType.INVALID,
        f"None of the file's {len(rejected):,} rows can be used; rejectedRows says why.",
        rejected,
    )


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
