"""start_enrichment and jobs, each driven by the fixtures in events/."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from progress.job import ItemResult, ItemStatus, Totals
from progress.wiring import jobs
from tests.integration.handlers.conftest import JOB_ID, Backend, event

FOUND = ItemResult(
    status=ItemStatus.FOUND, label="", detail={"metadata": {"title": "Emma", "source": "openlibrary"}}
)


def start(backend: Backend, **body: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    return backend.request(
        "start_enrichment", "http_start_enrichment", body=json.dumps({"jobId": JOB_ID, **body})
    )


def test_start_answers_202_with_the_job_and_where_to_find_it(backend: Backend) -> None:
    """The job is recorded and not started: its client may not listen yet."""
    status, body, headers = backend.request("start_enrichment", "http_start_enrichment")

    assert (202, {"jobId": JOB_ID, "status": "waiting", "totalItems": 3}) == (status, body)
    assert f"/api/jobs/{JOB_ID}" == headers["Location"]
    job = jobs().get(JOB_ID)
    assert job is not None
    assert "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" == job.traceparent
    assert [] == backend.sent("work")


def test_start_takes_works_with_what_the_client_knows(backend: Backend) -> None:
    """Title, author and ISBN travel with the work."""
    status, body, _ = backend.request("start_enrichment", "http_start_enrichment_works")

    job = jobs().get(JOB_ID)
    assert job is not None
    assert (202, 2) == (status, body["totalItems"])
    assert {
        "workId": "shelf-1",
        "title": "The Hunger Games",
        "author": "Suzanne Collins",
    } == jobs().remaining(job, 0)[0]


def test_start_makes_a_job_id_where_the_client_has_none(backend: Backend) -> None:
    """Each such start is a job of its own."""
    body = json.dumps({"workIds": ["OL1W"]})
    ids = {
        backend.request("start_enrichment", "http_start_enrichment", body=body)[1]["jobId"] for _ in range(2)
    }

    assert 2 == len(ids)


def test_start_again_answers_the_same_and_runs_once(backend: Backend) -> None:
    """A client that got no answer asks again."""
    first, second = start(backend, workIds=["OL1W"]), start(backend, workIds=["OL1W"])

    assert 202 == first[0]
    assert first == second


def test_start_again_with_another_body_is_a_conflict(backend: Backend) -> None:
    """An id is one job; the first keeps it."""
    start(backend, workIds=["OL1W"])
    status, body, headers = start(backend, workIds=["OL2W"])

    assert (409, "urn:progress:problem:conflict") == (status, body["type"])
    assert "application/problem+json" == headers["Content-Type"]


def test_fifty_starts_at_once_make_one_job(backend: Backend) -> None:
    """One write makes a job be; the others find it."""
    backend.invoke("connect", event("websocket_connect"))
    backend.invoke("message", event("websocket_ready"))
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: start(backend, workIds=["OL1W", "OL2W"])[:2], range(50)))

    assert [(202, {"jobId": JOB_ID, "status": "waiting", "totalItems": 2})] * 50 == answers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("null", 422),
        ("[]", 422),
        ("7", 422),
        ("{}", 422),
        ('{"workIds":[]}', 422),
        ('{"works":[]}', 422),
        ('{"workIds":["OL1W"],"works":[{"workId":"OL1W"}]}', 422),
        ('{"workIds":"OL1W"}', 422),
        ('{"workIds":[7]}', 422),
        ('{"workIds":[""]}', 422),
        ('{"workIds":["' + "x" * 201 + '"]}', 422),
        ('{"works":[{"title":"Emma"}]}', 422),
        ('{"works":["OL1W"]}', 422),
        ('{"jobId":"test","workIds":["OL1W"]}', 400),
        ('{"jobId":"","workIds":["OL1W"]}', 400),
        ('{"jobId":7,"workIds":["OL1W"]}', 422),
        (json.dumps({"workIds": ["OL1W"] * 10_001}), 422),
        ("[" * 50_000, 422),
        ('{"workIds":["\\ud800"]}', 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_start_answers_bad_input_with_a_problem(backend: Backend, body: str, status: int) -> None:
    """The answer says what is wrong, and has no trace of our insides."""
    got, problem, headers = backend.request("start_enrichment", "http_start_enrichment", body=body)

    assert (status, status) == (got, problem["status"])
    assert "application/problem+json" == headers["Content-Type"]
    assert problem["type"].startswith("urn:progress:problem:")
    assert problem["detail"]
    assert "Traceback" not in json.dumps(problem)


def test_start_reads_a_body_that_came_as_base64(backend: Backend) -> None:
    """API Gateway encodes what has no textual content type."""
    raw = json.dumps({"jobId": JOB_ID, "workIds": ["OL1W"]}).encode()
    status, _, _ = backend.request(
        "start_enrichment", "http_start_enrichment", body=base64.b64encode(raw).decode(), isBase64Encoded=True
    )

    assert 202 == status


def test_state_is_what_the_frames_show(backend: Backend) -> None:
    """The polling twin: same numbers, same seq."""
    start(backend, workIds=["a", "b", "c", "d"])
    jobs().launch(JOB_ID)
    jobs().emit(JOB_ID, Totals(processed=1, failed=1), text="Enriching: Emma", work_id="a", window_ms=0)

    status, body, headers = backend.request("jobs", "http_get_job")

    assert 200 == status
    assert {
        "jobId": JOB_ID,
        "kind": "enrichment",
        "status": "running",
        "seq": 1,
        "progress": 0.25,
        "processedItems": 1,
        "totalItems": 4,
        "failedItems": 1,
        "currentStatus": "Enriching: Emma",
        "currentWorkId": "a",
    } == {key: value for key, value in body.items() if key not in ("createdAt", "startedAt", "etaMs")}
    assert "1" == headers["Retry-After"]


def test_state_is_not_sent_again_to_who_has_it(backend: Backend) -> None:
    """ETag and If-None-Match make a poll cheap; a new state has a new tag."""
    start(backend, workIds=["a"])
    _, _, headers = backend.request("jobs", "http_get_job")
    given = event("http_get_job")
    asking = {**given["headers"], "if-none-match": headers["ETag"]}

    unchanged = backend.request("jobs", "http_get_job", headers=asking)
    backend.request("jobs", "http_cancel_job")
    changed = backend.request("jobs", "http_get_job", headers=asking)

    assert 304 == unchanged[0]
    assert not unchanged[1]
    assert 200 == changed[0]
    assert "Retry-After" not in changed[2]


def test_results_come_page_by_page_in_work_order(backend: Backend) -> None:
    """The cursor leads through all of them, once each."""
    start(backend, workIds=["a", "b", "c", "d", "e"])
    for index in (4, 0, 2, 1, 3):
        jobs().record(JOB_ID, index, "abcde"[index], FOUND)

    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        _, body, _ = backend.request("jobs", "http_get_results", queryStringParameters=query)
        seen += [item["workId"] for item in body["items"]]
        if "nextCursor" not in body:
            break
        query["cursor"] = body["nextCursor"]

    assert ["a", "b", "c", "d", "e"] == seen


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "501"},
        {"limit": "x"},
        {"cursor": "-1"},
        {"cursor": "٣"},
        {"cursor": "0" * 5_000},
    ],
)
def test_results_refuses_a_bad_page(backend: Backend, query: dict[str, str]) -> None:
    """The answer names the parameter and its range."""
    start(backend, workIds=["a"])

    status, problem, _ = backend.request("jobs", "http_get_results", queryStringParameters=query)

    assert 422 == status
    assert "a whole number from" in problem["detail"]


def test_cancel_is_idempotent(backend: Backend) -> None:
    """The first wins, the second sees the same end."""
    start(backend, workIds=["a"])

    first, second = (backend.request("jobs", "http_cancel_job") for _ in range(2))

    assert (200, "cancelled", 1) == (first[0], first[1]["status"], first[1]["seq"])
    assert first == second


def test_a_foreign_job_and_an_unknown_one_look_the_same(backend: Backend) -> None:
    """Same status, same words: nothing tells that the id is in use."""
    unknown = backend.request("jobs", "http_get_job")
    owned = event("http_start_enrichment")
    owned["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": "alice"}}}
    backend.invoke("start_enrichment", owned)

    for name in ("http_get_job", "http_get_results", "http_cancel_job"):
        assert unknown == backend.request("jobs", name)
    assert 404 == unknown[0]


def test_a_job_id_that_is_none_is_refused(backend: Backend) -> None:
    """400, with the text of the id in it."""
    status, problem, _ = backend.request(
        "jobs", "http_get_job", rawPath="/api/jobs/test", pathParameters={"jobId": "test"}
    )

    assert 400 == status
    assert "'test' is not a UUID" in problem["detail"]
