"""The results of a job as GET /api/jobs/{jobId}/results answers them: items and pages, and what a scan found."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from books.exports.library import Rejected
from books.exports.own import Own
from books.metadata import Metadata
from books.spines.report import Report
from progress.job import ItemStatus, Status
from progress.jobid import JobId


class Result(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """What came of a work: `metadata` of one that was found, the `reason` why not, or the `error` of one that failed;
    of an import also the row's `line` in the file, and what the file says of the book."""

    index: int
    work_id: str
    status: ItemStatus
    metadata: Metadata | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    error: str | UnsetType = UNSET
    line: int | UnsetType = UNSET
    own: Own | UnsetType = UNSET


class Page(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """Results in the order of the works. The first page of an import also has the rows that became no work."""

    job_id: JobId
    status: Status
    rejected_rows: list[Rejected] | UnsetType = UNSET
    items: list[Result]
    next_cursor: str | UnsetType = UNSET
    """Where the next page begins, if there is one."""


class ScanResults(Report, rename="camel", kw_only=True):
    """What a photo shows, as far as it is known."""

    job_id: JobId
    status: Status
