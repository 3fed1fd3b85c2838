"""What each HTTP route takes and answers; the gateway's own answers, which every route shares, are in `openapi`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from books.uploads import CONTENT_TYPES as PICTURES
from import_csv import CONTENT_TYPES as TABLES
from import_csv import ImportStarted, UnusableFile
from jobs import MAX_LIMIT
from progress.bodies import JobState, Started
from progress.job import MAX_ITEMS
from progress.jobid import JobId
from progress.problems import ProblemDetails
from result_pages import Page, ScanResults
from scan_bookshelf import ScanRequest, Upload, UploadRequest
from start_enrichment import StartRequest
from tools.contracts.routes import Route

JSON, PROBLEM = "application/json", "application/problem+json"

Model = type | None
"""A struct, or None for what is no JSON."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A value in the path, the query or a header; `type` is as msgspec takes it."""

    name: str
    place: str
    type: object
    description: str
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a function answers with a status: models by media type, several where it depends."""

    description: str
    content: Mapping[str, Sequence[Model]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """What each header says; a name in brackets is one that may be missing."""
    starts_job: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A route. `problems` are statuses that the function itself answers with a problem, and when."""

    name: str
    summary: str
    answers: Mapping[int, Answer]
    problems: Mapping[int, str]
    parameters: Sequence[Parameter] = ()
    body: Mapping[str, Model] = field(default_factory=dict)
    either: Sequence[str] = ()
    """Fields of the body of which there must be exactly one."""
    unusual: Mapping[int, Model] = field(default_factory=dict)
    """Problems of a form of their own, beside the usual one."""

    def problem_models(self, status: int) -> list[Model]:
        """The forms that a status's problem may have."""
        return [model for model in (ProblemDetails, self.unusual.get(status)) if model is not None]


_JOB_IN_PATH = Parameter(
    name="jobId", place="path", type=JobId, description="The job that is asked for.", required=True
)
_JOB_IN_QUERY = Parameter(
    name="jobId",
    place="query",
    type=JobId,
    description="A UUID that the client made, so that it can watch before it starts; one is made where there is none.",
)
_NOT_FOUND = "There is no such job, or it is not yours."
_NOT_A_UUID = "The job id is no UUID."
_TAKEN = "The job id was used for another request."
_STATE = {JSON: (JobState,)}


def _started(model: type) -> dict[int, Answer]:
    return {
        202: Answer(
            description="The job is recorded; the same request again gets the same answer, and runs once.",
            content={JSON: (model,)},
            headers={"Location": "The path of the job."},
            starts_job=True,
        )
    }


OPERATIONS: Mapping[Route, Operation] = {
    ("POST", "/api/enrichment/start"): Operation(
        name="startEnrichment",
        summary="Look up to 10,000 works up",
        body={JSON: StartRequest},
        either=("workIds", "works"),
        answers=_started(Started),
        problems={
            400: "The body is no JSON, or the job id no UUID.",
            409: _TAKEN,
            422: "The body is not of the form that is wanted; `detail` says where.",
        },
    ),
    ("POST", "/api/csv/import"): Operation(
        name="importCsv",
        summary="Look the books of a library up that another program exported",
        parameters=(_JOB_IN_QUERY,),
        body=dict.fromkeys(("application/octet-stream", *sorted({*TABLES} - {"application/octet-stream"}))),
        answers=_started(ImportStarted),
        problems={
            400: "The file is empty, or the job id no UUID.",
            409: _TAKEN,
            413: "The file has more bytes, rows or columns than are taken.",
            415: "The file is no text, or said to be of another kind.",
            422: "The file has no column of titles or ISBNs, or no row that can be used.",
        },
        unusual={422: UnusableFile},
    ),
    ("POST", "/api/bookshelf/scan"): Operation(
        name="scanBookshelf",
        summary="Tell which books a photo shows",
        parameters=(_JOB_IN_QUERY,),
        body={**dict.fromkeys((*PICTURES, "application/octet-stream")), JSON: ScanRequest},
        answers=_started(Started),
        problems={
            400: "The photo is empty, the body no JSON, or the job id no UUID.",
            404: "There is no photo under the `imageKey`, or it is not yours.",
            409: _TAKEN,
            413: "The photo is larger than can be taken; `detail` says what to do.",
            415: "The file is no picture of a known kind, or said to be none.",
            422: "The body is not of the form that is wanted; `detail` says where.",
        },
    ),
    ("POST", "/api/uploads"): Operation(
        name="createUpload",
        summary="Get a form that uploads one photo to the storage",
        body={JSON: UploadRequest},
        answers={201: Answer(description="The form, good for ten minutes.", content={JSON: (Upload,)})},
        problems={
            400: "The body is no JSON.",
            413: "The photo is larger than can be taken.",
            415: "Not a kind of picture that is read here.",
            422: "The body is not of the form that is wanted; `detail` says where.",
        },
    ),
    ("GET", "/api/jobs/{jobId}"): Operation(
        name="getJob",
        summary="The state of a job: what its frames show, under the same `seq`",
        parameters=(
            _JOB_IN_PATH,
            Parameter(
                name="If-None-Match", place="header", type=str, description="ETags of states that are known."
            ),
        ),
        answers={
            200: Answer(
                description="The state.",
                content=_STATE,
                headers={
                    "ETag": "Names this state.",
                    "Cache-Control": "no-cache",
                    "[Retry-After]": "Seconds until it is worth asking again; absent once the job has ended.",
                },
            ),
            304: Answer(
                description="It is still one of those that are known.",
                headers={"ETag": "Which.", "[Retry-After]": "As in a 200."},
            ),
        },
        problems={400: _NOT_A_UUID, 404: _NOT_FOUND},
    ),
    ("GET", "/api/jobs/{jobId}/results"): Operation(
        name="getResults",
        summary="What was found, page by page; of a scan, all that its photo shows",
        parameters=(
            _JOB_IN_PATH,
            Parameter(
                name="cursor",
                place="query",
                type=Annotated[int, Meta(ge=0, le=MAX_ITEMS)],
                description="`nextCursor` of the page before.",
            ),
            Parameter(
                name="limit",
                place="query",
                type=Annotated[int, Meta(ge=1, le=MAX_LIMIT)],
                description="Results in a page, 100 if absent, fewer where they are large.",
            ),
            Parameter(name="Accept", place="header", type=str, description="`text/csv` asks for a table."),
        ),
        answers={
            200: Answer(
                description="A page, or what a photo shows.",
                content={JSON: (Page, ScanResults), "text/csv": (None,)},
                headers={"[Link]": 'Of a table: where it goes on (`rel="next"`).'},
            )
        },
        problems={400: _NOT_A_UUID, 404: _NOT_FOUND, 422: "`cursor` or `limit` is out of its range."},
    ),
    ("POST", "/api/jobs/{jobId}/cancel"): Operation(
        name="cancelJob",
        summary="End a job; again changes nothing",
        parameters=(_JOB_IN_PATH,),
        answers={200: Answer(description="The state that the job has ended with.", content=_STATE)},
        problems={400: _NOT_A_UUID, 404: _NOT_FOUND},
    ),
}
