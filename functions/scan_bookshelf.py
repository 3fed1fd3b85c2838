"""POST /api/bookshelf/scan?jobId= and POST /api/uploads: a photo of a bookshelf, and a job that tells which books
are on it.

The scan's body is the photo itself, up to 4.5 MB, or `{jobId?, imageKey}` of one that was uploaded; the answer is 202.
`POST /api/uploads` `{contentType, size?}` answers 201 with a form for the storage, which takes up to 20 MiB for ten
minutes. The same photo again answers the same and is scanned once; the same jobId with another photo is a 409.
"""

from __future__ import annotations

import os
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from msgspec import UNSET, Meta, Struct, UnsetType

from books import uploads
from books.kinds import SCAN
from books.uploads import CONTENT_TYPES, MAX_UPLOAD_BYTES, NoSuchPhotoError, PhotoTooLargeError, Uploads
from progress import aws
from progress.bodies import UnixMilliseconds
from progress.http import answer, body_of, parsed, resolver
from progress.identity import principal
from progress.jobid import JobId
from progress.log import observed
from progress.problems import ProblemError, ProblemType
from progress.starting import accepted, job_id_or_new, start_job
from progress.wiring import jobs

MAX_BODY_BYTES = 4_500_000
"""API Gateway takes 10 MB, but hands bytes to Lambda as base64, four for three, in an event of at most 6 MB.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_JSON = "application/json"
_WANTED = "a photo is wanted: JPEG, PNG, WebP or HEIC"


class ScanRequest(Struct, rename="camel"):
    """A photo that lies in the bucket."""

    image_key: Annotated[str, Meta(max_length=1_000)]
    job_id: JobId | UnsetType = UNSET


Bytes = Annotated[float, Meta(ge=1, multiple_of=1, extra_json_schema={"maximum": MAX_UPLOAD_BYTES})]
"""A whole number, which some languages write as 9183211.0."""


class UploadRequest(Struct, rename="camel"):
    """A photo to come."""

    content_type: Annotated[str, Meta(max_length=200, extra_json_schema={"enum": CONTENT_TYPES})]
    size: Bytes | UnsetType = UNSET
    """Bytes."""


class PostForm(Struct):
    """What is posted as multipart/form-data: the fields first, the file last, as `file`."""

    url: str
    fields: dict[str, str]


class Upload(Struct, rename="camel", kw_only=True):
    """Where a photo can be posted, and how it is named in a scan."""

    image_key: str
    upload: PostForm
    expires_at: UnixMilliseconds
    max_bytes: int


@cache
def bucket() -> Uploads:
    return Uploads.from_env(os.environ, client=aws.s3())


app = resolver()


@app.post("/api/bookshelf/scan")
def scan() -> Response[Any]:
    event = app.current_event
    owner = principal(event.raw_event["requestContext"])
    given = (event.query_string_parameters or {}).get("jobId")
    kind = (event.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if kind == _JSON:
        request = parsed(app, ScanRequest)
        job_id = job_id_or_new(given if request.job_id is UNSET else request.job_id)
        key = request.image_key
        if _is_new(job_id):
            _check_uploaded(owner, key)
    else:
        _check_type(kind)
        job_id, body = job_id_or_new(given), _photo(body_of(app))
        key = uploads.key_for(owner, job_id, body)
        if _is_new(job_id):
            bucket().store(key, body)
    items = [{"workId": "photo", "imageKey": key}]
    return accepted(start_job(app, job_id, kind=SCAN, items=items, unfolds=True))


@app.post("/api/uploads")
def create_upload() -> Response[Any]:
    request = parsed(app, UploadRequest)
    kind = request.content_type.strip().lower()
    if kind not in CONTENT_TYPES:
        raise ProblemError(
            ProblemType.UNSUPPORTED,
            f"contentType is {kind[:80]!r}; one of {', '.join(CONTENT_TYPES)} is wanted.",
        )
    if request.size and request.size > MAX_UPLOAD_BYTES:
        raise ProblemError(ProblemType.TOO_LARGE, str(PhotoTooLargeError(int(request.size))))
    form = bucket().form(principal(app.current_event.raw_event["requestContext"]), kind)
    return answer(
        Upload(
            image_key=form.image_key,
            upload=PostForm(url=form.url, fields=dict(form.fields)),
            expires_at=form.expires_at,
            max_bytes=MAX_UPLOAD_BYTES,
        ),
        HTTPStatus.CREATED,
    )


def _is_new(job_id: str) -> bool:
    """A job that is known may have read its photo already, and thrown it away: a repeated start must not miss it."""
    return jobs().get(job_id) is None


def _check_uploaded(owner: str, key: str) -> None:
    try:
        head = bucket().head(owner, key)
    except NoSuchPhotoError as error:
        raise ProblemError(ProblemType.NOT_FOUND, str(error)) from error
    except PhotoTooLargeError as error:
        raise ProblemError(ProblemType.TOO_LARGE, str(error)) from error
    _check_picture(head)


def _check_type(kind: str) -> None:
    if kind and not kind.startswith("image/") and kind != "application/octet-stream":
        raise ProblemError(
            ProblemType.UNSUPPORTED,
            f"The body is said to be {kind[:80]}. Send the photo itself, with Content-Type: application/octet-stream, "
            f"or the imageKey of an uploaded one, with Content-Type: {_JSON}.",
        )


def _photo(body: bytes) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise ProblemError(
            ProblemType.TOO_LARGE,
            f"The photo has {len(body):,} bytes; a request takes {MAX_BODY_BYTES:,}. Larger ones, up to "
            f"{MAX_UPLOAD_BYTES:,}, go by POST /api/uploads.",
        )
    _check_picture(body)
    return body


def _check_picture(head: bytes) -> None:
    if not head:
        raise ProblemError(ProblemType.MALFORMED, f"The file is empty; {_WANTED}.")
    if uploads.media_type(head) is None:
        raise ProblemError(ProblemType.UNSUPPORTED, f"The file is no picture of a known kind; {_WANTED}.")


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
