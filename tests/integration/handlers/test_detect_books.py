"""detect_books, driven by its fixture: a real photo, the offline reader, and the catalogue over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

import detect_books
from books.spines.errors import ReaderBusyError
from books.spines.spine import Box, Line, Spine
from progress import wiring
from progress.job import Job, Status
from tests.integration.handlers.conftest import BUCKET, JOB_ID, Backend, event
from tests.waiting import wait_until

PHOTOS = Path(__file__).parents[2] / "data/photos"
KEY = "uploads/e3b0c44298fc1c14/550e8400-e29b-41d4-a716-446655440001"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, providers: str) -> None:
    """The spines are read here; its models are loaded once for all tests."""
    monkeypatch.setenv("SPINE_READER", "ocr")


def scan(backend: Backend, photo: bytes) -> None:
    """A launched job over a photo, watched by the fixtures' connection."""
    backend.invoke("connect", event("websocket_connect"))
    backend.invoke("message", event("websocket_ready"))
    boto3.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=photo)
    wiring.lifecycle().start(
        JOB_ID,
        kind="scan",
        items=[{"workId": "photo", "imageKey": KEY}],
        owner="",
        traceparent=None,
        unfolds=True,
    )


def detect(backend: Backend, *, receives: int = 1) -> dict[str, Any]:
    """Delivers the fixture, with the receipt of the real message."""
    received = backend.sqs.receive_message(QueueUrl=backend.urls["scan"])["Messages"][0]
    given = event("sqs_detect_books")
    given["Records"][0]["receiptHandle"] = received["ReceiptHandle"]
    given["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(receives)
    answer: dict[str, Any] = backend.invoke("detect_books", given, remaining_ms=170_000)
    return answer


def job() -> Job:
    found = wiring.jobs().get(JOB_ID)
    assert found is not None
    return found


def stored() -> list[str]:
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET)
    return [each["Key"] for each in listed.get("Contents", [])]


def test_the_fixture_reads_a_photo_and_names_its_books(backend: Backend) -> None:
    """Stages that a person understands, then books and suggestions; the photo itself is gone."""
    scan(backend, (PHOTOS / "cj_example.jpg").read_bytes())

    assert {"batchItemFailures": []} == detect(backend)

    assert (Status.COMPLETED, 0) == (job().status, job().failed_items)
    assert job().total_items == job().processed_items > 5
    texts = [frame["data"]["currentStatus"] for frame in backend.frames() if "data" in frame]
    assert "Reading the photo" == texts[0]
    # In between, on a slow machine, that it is still being read.
    assert f"Found {job().total_items} spines" in texts
    status, found, _ = backend.request("jobs", "http_get_results")
    assert (200, "completed") == (status, found["status"])
    # Of the poems of Emily Dickinson the catalogue has another edition: a suggestion.
    assert ["Cat on a Hot Tin Roof"] == [book["title"] for book in found["books"]]
    book = found["books"][0]
    assert "Tennessee Williams" in book["metadata"]["authors"]
    assert "Tennessee Williams" in book["text"]
    assert 0 <= book["box"]["x1"] < book["box"]["x2"] <= 1
    assert any("POETRY PHARMACY" in suggestion["text"] for suggestion in found["suggestions"])
    assert [] == stored()


def test_a_scans_results_as_a_table(backend: Backend) -> None:
    """Books first, what was read but not known after them with its text."""
    scan(backend, (PHOTOS / "lk_spines.jpg").read_bytes())
    detect(backend)

    headers = {**event("http_get_results")["headers"], "accept": "text/csv"}
    answer = backend.invoke("jobs", event("http_get_results", headers=headers))

    assert "text/csv; charset=utf-8" == answer["headers"]["Content-Type"]
    assert answer["body"].startswith("line,workId,status,title,")
    assert "the spine says:" in answer["body"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"%PDF-1.7 renamed",
            "The file is not a photo that can be read here: send a JPEG, PNG, WebP or HEIC file.",
        ),
        (
            (PHOTOS / "cj_example.jpg").read_bytes()[:20_000],
            "The photo is damaged or cut off: send it again.",
        ),
    ],
    ids=["a PDF", "a truncated JPEG"],
)
def test_what_is_no_photo_fails_the_job_with_the_reason(backend: Backend, data: bytes, reason: str) -> None:
    """Only decoding can tell; the message does not come back."""
    scan(backend, data)

    assert {"batchItemFailures": []} == detect(backend)

    assert (Status.FAILED, reason) == (job().status, job().error)
    assert ["progress", "error"] == [frame["type"] for frame in backend.frames()][-2:]
    assert [] == stored()


def test_a_photo_that_is_gone_fails_the_job(backend: Backend) -> None:
    """The bucket forgets what was not asked for in a day."""
    scan(backend, b"")
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=KEY)

    detect(backend)

    assert Status.FAILED is job().status
    assert "There is no photo under this imageKey" in str(job().error)


def test_a_busy_reader_is_asked_again_and_at_the_last_receive_fails_the_job(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message comes back after a while; the photo is kept until then."""

    class Busy:
        def read(self, photo: object) -> list[Any]:
            raise ReaderBusyError("The model is busy.")

    monkeypatch.setattr(detect_books, "reader", Busy)
    scan(backend, (PHOTOS / "lk_spines.jpg").read_bytes())

    failures = detect(backend)["batchItemFailures"]
    assert [event("sqs_detect_books")["Records"][0]["messageId"]] == [
        failure["itemIdentifier"] for failure in failures
    ]
    assert (Status.RUNNING, [KEY]) == (job().status, stored())

    given = event("sqs_detect_books")
    given["Records"][0]["attributes"]["ApproximateReceiveCount"] = "5"
    assert {"batchItemFailures": []} == backend.invoke("detect_books", given)
    assert (Status.FAILED, "The model is busy.", []) == (job().status, job().error, stored())


def test_a_worker_that_breaks_is_logged_and_its_message_comes_back_soon(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not only when the queue's half hour of visibility has passed; given up at last, the job fails."""

    class Broken:
        def read(self, photo: object) -> list[Any]:
            raise ZeroDivisionError("an error of ours")

    monkeypatch.setattr(detect_books, "reader", Broken)
    scan(backend, (PHOTOS / "lk_spines.jpg").read_bytes())

    assert 1 == len(detect(backend)["batchItemFailures"])
    assert ["an error of ours"] == [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    wait_until(lambda: "Messages" in backend.sqs.receive_message(QueueUrl=backend.urls["scan"]), seconds=5)
    given = event("sqs_dead_letter", Records=event("sqs_detect_books")["Records"])
    backend.invoke("watch_jobs", given)
    assert (Status.FAILED, "Given up after several attempts") == (job().status, job().error)


def test_providers_that_are_down_leave_the_spines_for_later(backend: Backend, providers: str) -> None:
    """The photo is not read again for that: the spines are on record."""
    httpx.post(f"{providers}/_control", json={"error_rate": 1.0}, trust_env=False)
    scan(backend, (PHOTOS / "lk_spines.jpg").read_bytes())

    assert 1 == len(detect(backend)["batchItemFailures"])
    assert (Status.RUNNING, 0, False) == (job().status, job().processed_items, job().unfolds)

    httpx.post(f"{providers}/_control", json={"error_rate": 0.0}, trust_env=False)
    wiring.jobs().note_redispatch(job())
    given = event("sqs_detect_books")
    given["Records"][0]["attributes"]["ApproximateReceiveCount"] = "5"
    backend.invoke("detect_books", given, remaining_ms=170_000)
    assert Status.COMPLETED is job().status


def test_spines_that_nobody_could_look_up_are_in_the_results(
    backend: Backend, providers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed at the last receive, each is a suggestion with the text that was read."""

    class Reader:
        def read(self, photo: object) -> list[Spine]:
            return [Spine(box=Box(0.1, 0.1, 0.2, 0.9), lines=[Line(0, "EMMA AUSTEN", 0.9)])]

    monkeypatch.setattr(detect_books, "reader", Reader)
    httpx.post(f"{providers}/_control", json={"error_rate": 1.0}, trust_env=False)
    scan(backend, (PHOTOS / "lk_spines.jpg").read_bytes())
    detect(backend)
    given = event("sqs_detect_books")
    given["Records"][0]["attributes"]["ApproximateReceiveCount"] = "5"
    backend.invoke("detect_books", given)

    assert (Status.COMPLETED, 1) == (job().status, job().failed_items)
    _, found, _ = backend.request("jobs", "http_get_results")
    assert [("EMMA AUSTEN", [])] == [(each["text"], each["candidates"]) for each in found["suggestions"]]


def test_results_of_a_running_scan_are_what_is_known_so_far(backend: Backend) -> None:
    """Before the first spine: nothing, and no error."""
    scan(backend, (PHOTOS / "lk_spines.jpg").read_bytes())

    _, found, _ = backend.request("jobs", "http_get_results")

    assert ([], []) == (found["books"], found["suggestions"])
    assert json.dumps(found)
