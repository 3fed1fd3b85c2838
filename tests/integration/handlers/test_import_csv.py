"""import_csv, driven by the fixture in events/ and by files of every kind."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from books.exports.limits import MAX_BYTES
from progress.wiring import jobs
from tests import exports
from tests.integration.handlers.conftest import JOB_ID, Backend, event
from tests.tables import Written, files, written

BOOKS = exports.books(60)
LAMBDA_ANSWER_BYTES = 6 * 1024 * 1024


def send(
    backend: Backend, file: bytes, *, job_id: str | None = JOB_ID, content_type: str | None = None
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """As API Gateway does with what has no textual type: in base64."""
    headers = dict(event("http_import_csv")["headers"]) | {"content-type": content_type or ""}
    return backend.request(
        "import_csv",
        "http_import_csv",
        headers=headers if content_type is not None else {},
        body=base64.b64encode(file).decode(),
        isBase64Encoded=True,
        queryStringParameters={"jobId": job_id} if job_id else None,
    )


def items(job_id: str = JOB_ID) -> list[dict[str, Any]]:
    job = jobs().get(job_id)
    assert job is not None
    return [item for chunk in range(job.chunks) for item in jobs().remaining(job, chunk).values()]


def test_import_answers_202_with_the_job_and_the_rows_that_are_no_books(backend: Backend) -> None:
    """The job is recorded and not started: its client may not listen yet."""
    status, body, headers = backend.request("import_csv", "http_import_csv")

    assert 202 == status
    assert {
        "jobId": JOB_ID,
        "status": "waiting",
        "totalItems": 2,
        "rejectedRows": [{"line": 4, "reason": "no title and no ISBN"}],
    } == body
    assert f"/api/jobs/{JOB_ID}" == headers["Location"]
    assert [] == backend.sent("work")
    job = jobs().get(JOB_ID)
    assert job is not None
    assert ("import", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") == (
        job.kind,
        job.traceparent,
    )
    assert body["rejectedRows"] == jobs().rejected(job)


def test_an_item_is_what_to_look_up_and_keeps_what_the_file_says(backend: Backend) -> None:
    """The worker finds it in the table."""
    backend.request("import_csv", "http_import_csv")
    games, potter = items()

    assert ("9780439023481", "The Hunger Games", "Suzanne Collins") == (
        games["workId"],
        games["title"],
        games["author"],
    )
    assert ((2, 5.0, "read"), (3, None, "to-read")) == tuple(
        (item["kept"]["line"], item["kept"]["own"].get("rating"), item["kept"]["own"]["status"])
        for item in (games, potter)
    )


@pytest.mark.parametrize(
    "file",
    [
        exports.goodreads(BOOKS),
        exports.goodreads(BOOKS, columns=31),
        exports.storygraph(BOOKS),
        exports.librarything(BOOKS),
        exports.plain(BOOKS),
        exports.plain(BOOKS, encoding="utf-16"),
        exports.plain(BOOKS, encoding="cp1252"),
        exports.plain(BOOKS, encoding="utf-8-sig"),
    ],
    ids=["goodreads 24", "goodreads 31", "storygraph", "librarything", "plain", "utf-16", "cp1252", "bom"],
)
def test_every_book_of_every_export_becomes_an_item_in_file_order(backend: Backend, file: bytes) -> None:
    """None is lost, none comes twice."""
    status, body, _ = send(backend, file)

    assert (202, 60, []) == (status, body["totalItems"], body["rejectedRows"])
    assert [row["isbn13"] for row in BOOKS] == [item["isbn"] for item in items()]


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/csv",
        "Text/CSV; charset=utf-8",
        "text/plain",
        "text/tab-separated-values",
        "application/vnd.ms-excel",
        "application/octet-stream",
    ],
)
def test_what_programs_call_a_csv_file_is_taken(backend: Backend, content_type: str | None) -> None:
    """And no type at all."""
    assert 202 == send(backend, exports.plain(BOOKS), content_type=content_type)[0]


def test_a_job_id_is_made_where_the_client_has_none(backend: Backend) -> None:
    """Each such import is a job of its own."""
    ids = {send(backend, exports.plain(BOOKS), job_id=None)[1]["jobId"] for _ in range(2)}

    assert 2 == len(ids)


def test_the_same_file_again_answers_the_same_and_another_is_a_conflict(backend: Backend) -> None:
    """Files that differ in a rejected row alone are others, too."""
    file = b"Title\nEmma\n" + b'""\n'
    first, again = send(backend, file), send(backend, file)
    other = send(backend, file + b'""\n')

    assert 202 == first[0]
    assert first == again
    assert (409, "urn:progress:problem:conflict") == (other[0], other[1]["type"])


@pytest.mark.parametrize(
    ("file", "content_type", "status"),
    [
        (b"", "text/csv", 400),
        (b"\n \n", "text/csv", 400),
        (b",,,\n", "text/csv", 400),
        (b"Title\nEm\0ma\n", "text/csv", 415),
        (b"%PDF-1.7", "text/csv", 415),
        (b"PK\x03\x04xl/", "application/vnd.ms-excel", 415),
        (b"Title\nEmma\n", "application/json", 415),
        (b"Title\nEmma\n", "multipart/form-data; boundary=x", 415),
        (b"Title\nEmma\n", "application/x-www-form-urlencoded", 415),
        (b"x" * (MAX_BYTES + 1), "text/csv", 413),
        (b"Title\n" + b"Emma\n" * 10_001, "text/csv", 413),
        (b"Title" + b",a" * 200 + b"\nEmma\n", "text/csv", 413),
        (b"Name of book\nEmma\n", "text/csv", 422),
        (b"Title,ISBN\n", "text/csv", 422),
        (b"Title,ISBN\n,1\n,2\n", "text/csv", 422),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_file_that_cannot_be_used_is_answered_with_a_problem(
    backend: Backend, file: bytes, content_type: str, status: int
) -> None:
    """The answer says what is wrong, begins no job, and has no trace of our insides."""
    got, problem, headers = send(backend, file, content_type=content_type)

    assert (status, status) == (got, problem["status"])
    assert "application/problem+json" == headers["Content-Type"]
    assert problem["detail"].endswith(".")
    assert problem["detail"][0].isupper()
    assert "Traceback" not in json.dumps(problem)
    assert None is jobs().get(JOB_ID)


def test_a_job_id_that_is_none_is_refused(backend: Backend) -> None:
    """400, with the text of the id in it."""
    status, problem, _ = send(backend, exports.plain(BOOKS), job_id="test")

    assert 400 == status
    assert "'test' is not a UUID" in problem["detail"]


def test_base64_that_is_none_is_refused(backend: Backend) -> None:
    """Not a 5xx."""
    status, problem, _ = backend.request("import_csv", "http_import_csv", body="%%%", isBase64Encoded=True)

    assert (400, "urn:progress:problem:malformed") == (status, problem["type"])


def test_a_file_of_which_no_row_can_be_used_says_why_row_by_row(backend: Backend) -> None:
    """The first thousand: a person needs no more."""
    few = send(backend, b"Title,ISBN\n,1\n,9780439023482\n")[1]
    many = send(backend, b"Title,ISBN\n" + b",1\n" * 9_000)[1]

    assert [
        {"line": 2, "reason": "1 is no ISBN and there is no title"},
        {"line": 3, "reason": "the ISBN 9780439023482 has a wrong check digit and there is no title"},
    ] == few["rejectedRows"]
    assert "None of the file's 9,000 rows can be used" in many["detail"]
    assert 1_000 == len(many["rejectedRows"])


def test_the_answer_fits_into_what_a_function_may_answer(backend: Backend) -> None:
    """10,000 rows, each rejected for the longest of reasons, but for one."""
    row = "\U0001f4da".encode() * 60 + b"\n"
    answer = backend.invoke(
        "import_csv",
        event(
            "http_import_csv",
            body=base64.b64encode(b"ISBN\n0439023483\n" + row * 9_999).decode(),
            isBase64Encoded=True,
        ),
    )
    body = json.loads(answer["body"])

    assert (202, 1, 9_999) == (answer["statusCode"], body["totalItems"], len(body["rejectedRows"]))
    assert len(json.dumps(answer)) < LAMBDA_ANSWER_BYTES


def test_ten_thousand_rows_with_long_reviews_are_all_kept(backend: Backend) -> None:
    """However large a chunk's items are together, DynamoDB's limit of 400 KB for a row is met."""
    rows = [f'"Title {number}","{"é" * 15_000 if number < 120 else ""}"' for number in range(10_000)]
    status, body, _ = send(backend, "\n".join(["Title,My Review", *rows]).encode())

    assert (202, 10_000) == (status, body["totalItems"])
    kept = items()
    assert [f"Title {number}" for number in range(10_000)] == [item["title"] for item in kept]
    assert 120 * 15_000 == sum(len(item["kept"]["own"].get("review", "")) for item in kept)


MANY = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@MANY
@given(file=written())
def test_accepted_and_rejected_rows_are_all_rows(backend: Backend, file: Written) -> None:
    """Of any table that a program writes."""
    status, body, _ = send(backend, file.data, job_id=None)

    assert status in ((202, 422) if file.rows else (422,)), body
    assert file.rows == body.get("totalItems", 0) + len(body.get("rejectedRows", ()))


@MANY
@given(file=files)
def test_no_file_whatever_makes_a_5xx(backend: Backend, file: bytes) -> None:
    """Each is accepted or refused with a reason."""
    status, body, _ = send(backend, file, job_id=None)

    assert status in (202, 400, 415, 422), body
    if status == 202:
        job = jobs().get(body["jobId"])
        assert job is not None
        assert body["totalItems"] == len(items(body["jobId"])) == job.total_items
        assert body["rejectedRows"] == jobs().rejected(job)
