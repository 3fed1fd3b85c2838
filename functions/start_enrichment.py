"""POST /api/enrichment/start: records a job over 1 to 10,000 works and answers 202.

Body `{jobId?, workIds: [...]}` or `{jobId?, works: [{workId, title?, author?, isbn?}, ...]}`. The same start again
answers the same and runs once; the same jobId with another body is a 409. The work itself starts when the first
watcher is ready, or after a few seconds without one.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from aws_lambda_powertools.event_handler import Response
from msgspec import UNSET, Meta, Struct, UnsetType

from books.kinds import ENRICHMENT
from progress.http import parsed, resolver
from progress.job import MAX_ITEMS
from progress.jobid import JobId
from progress.log import observed
from progress.problems import ProblemError, ProblemType
from progress.starting import accepted, job_id_or_new, start_job

WorkId = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=500)]
_T = TypeVar("_T")
Many = Annotated[list[_T], Meta(extra_json_schema={"minItems": 1, "maxItems": MAX_ITEMS})]
"""Documented, not checked by it: `items` says better what is wrong."""


class Work(Struct, rename="camel", omit_defaults=True):
    """A work to enrich: an id, and whatever else the client knows of it."""

    work_id: WorkId
    title: Text | UnsetType = UNSET
    author: Text | UnsetType = UNSET
    isbn: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET


class StartRequest(Struct, rename="camel"):
    """The body; exactly one of `workIds` and `works`."""

    job_id: JobId | UnsetType = UNSET
    work_ids: Many[WorkId] | UnsetType = UNSET
    works: Many[Work] | UnsetType = UNSET

    def items(self) -> list[dict[str, Any]]:
        """The works as the job stores them.

        Raises:
            ProblemError: not exactly one list, an empty one, or one of more than 10,000.
        """
        if isinstance(self.works, list) == isinstance(self.work_ids, list):
            raise ProblemError(ProblemType.INVALID, "Exactly one of workIds and works is wanted.")
        items: list[dict[str, Any]] = (
            msgspec.to_builtins(self.works)
            if self.works
            else [{"workId": id_} for id_ in self.work_ids or ()]
        )
        if not items:
            raise ProblemError(ProblemType.INVALID, "There is no work in the list: 1 to 10,000 are wanted.")
        if len(items) > MAX_ITEMS:
            raise ProblemError(
                ProblemType.INVALID, f"{len(items):,} works are too many for one job: at most {MAX_ITEMS:,}."
            )
        return items


app = resolver()


@app.post("/api/enrichment/start")
def start() -> Response[Any]:
    request = parsed(app, StartRequest)
    job_id = job_id_or_new(request.job_id)
    return accepted(start_job(app, job_id, kind=ENRICHMENT, items=request.items()))


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
