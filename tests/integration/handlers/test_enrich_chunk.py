"""enrich_chunk, driven by its fixture against the catalogue: a real provider's shapes over real HTTP."""

from __future__ import annotations

import itertools
import json
from typing import Any

import httpx

from progress import wiring
from progress.job import Status
from tests.integration.handlers.conftest import JOB_ID, Backend, event


def launched(backend: Backend, works: list[dict[str, str]]) -> None:
    body = json.dumps({"jobId": JOB_ID, "works": works})
    backend.invoke("start_enrichment", event("http_start_enrichment", body=body))
    wiring.lifecycle().launch(JOB_ID)


def message(backend: Backend, *, receives: int = 1) -> dict[str, Any]:
    """The fixture, with the receipt of a real message, and received so often."""
    received = backend.sqs.receive_message(QueueUrl=backend.urls["work"])["Messages"][0]
    given = event("sqs_enrich_chunk")
    given["Records"][0]["receiptHandle"] = received["ReceiptHandle"]
    given["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(receives)
    return given


def rows() -> list[dict[str, Any]]:
    job = wiring.jobs().get(JOB_ID)
    assert job is not None
    return list(wiring.jobs().results(job, after=None, limit=100))


def test_the_fixture_enriches_its_works_and_ends_the_job(backend: Backend, providers: str) -> None:
    """Found by id, by ISBN, by title; not found where nobody knows it, or nobody could."""
    launched(
        backend,
        [
            {"workId": "OL7000001W"},
            {"workId": "shelf-2", "isbn": "978-0-439-55493-0"},
            {"workId": "shelf-3", "title": "To Kill a Mockingbird", "author": "Harper Lee"},
            {"workId": "shelf-4", "title": "To Kill a Mockingbird", "author": "Somebody Else"},
            {"workId": "OL99000000W"},
            {"workId": "9780439023482"},
        ],
    )

    answer = backend.invoke("enrich_chunk", message(backend))

    assert {"batchItemFailures": []} == answer
    assert ["found", "found", "found", "not_found", "not_found", "not_found"] == [
        row["status"] for row in rows()
    ]
    assert ["The Hunger Games", "Harry Potter and the Sorcerer's Stone", "To Kill a Mockingbird"] == [
        row["metadata"]["title"] for row in rows()[:3]
    ]
    assert "check digit is wrong" in rows()[5]["reason"]
    job = wiring.jobs().get(JOB_ID)
    assert job is not None
    assert Status.COMPLETED is job.status


def test_works_that_fail_in_passing_leave_their_message_in_the_queue(
    backend: Backend, providers: str
) -> None:
    """The provider is busy: the message comes back, and is through when the provider is well again."""
    launched(backend, [{"workId": "9780743273565"}])
    httpx.post(f"{providers}/_control", json={"error_rate": 1.0}, trust_env=False)
    given = message(backend)

    failed = backend.invoke("enrich_chunk", given)
    httpx.post(f"{providers}/_control", json={"error_rate": 0.0}, trust_env=False)
    done = backend.invoke("enrich_chunk", given)

    assert [{"itemIdentifier": given["Records"][0]["messageId"]}] == failed["batchItemFailures"]
    assert {"batchItemFailures": []} == done
    assert ["found"] == [row["status"] for row in rows()]


def test_the_last_receive_records_what_still_fails(backend: Backend, providers: str) -> None:
    """So the job ends, and its result says why."""
    launched(backend, [{"workId": "9780525478812"}])
    httpx.post(f"{providers}/_control", json={"error_rate": 1.0}, trust_env=False)

    answer = backend.invoke("enrich_chunk", message(backend, receives=5))

    assert {"batchItemFailures": []} == answer
    (row,) = rows()
    assert "failed" == row["status"]
    assert "Open Library is busy (HTTP 503)" in row["error"]


def test_a_worker_near_its_deadline_sends_its_chunk_on(backend: Backend, providers: str) -> None:
    """As a new message, with all its receives before it; it remembers that nothing was got done."""
    launched(backend, [{"workId": "9780743273565"}])
    given = message(backend)
    left = itertools.chain([60_000], itertools.repeat(3_000))

    answer = backend.invoke("enrich_chunk", given, remaining_ms=lambda: next(left))

    assert {"batchItemFailures": []} == answer
    assert [(JOB_ID, 0, 1)] == [(sent["jobId"], sent["chunk"], sent["vain"]) for sent in backend.sent("work")]
    assert [] == rows()
