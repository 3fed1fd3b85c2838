"""Cancelling: at any time, seen soon by every worker, with a record that agrees with the results."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from progress import reporter, wiring
from progress.attempts import Outcome
from progress.job import ItemResult, Status
from tests.integration.handlers.conftest import JOB_ID, Backend, event
from tests.integration.handlers.working import find, job, launched, rows, work


def cancel(backend: Backend) -> dict[str, Any]:
    status, body, _ = backend.request("jobs", "http_cancel_job")
    assert 200 == status
    return body


def test_no_item_starts_after_a_worker_has_seen_the_cancel(backend: Backend) -> None:
    """Cancelling is cooperative: what runs is finished, what has not begun is not."""
    launched(backend, total=25)
    started: list[str] = []

    def process(item: Mapping[str, Any]) -> ItemResult:
        started.append(item["workId"])
        if len(started) == 1:
            cancel(backend)
        # Long enough for the reporter's next look.
        threading.Event().wait(0.3)
        return find(item)

    assert Outcome.ENDED is work(process).outcome

    assert len(started) < 25
    assert Status.CANCELLED is job().status


def test_a_worker_sees_the_cancel_within_two_seconds_though_its_reporter_hangs(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher's slow connection may hold the reporter up; who starts items looks for himself."""
    launched(backend, total=25)
    started: list[str] = []
    # A second passes with each item.
    clock = SimpleNamespace(monotonic=lambda: float(len(started)), sleep=time.sleep)
    monkeypatch.setattr(reporter, "time", clock)
    monkeypatch.setattr(reporter.Reporter, "_run", lambda _: None)

    def process(item: Mapping[str, Any]) -> ItemResult:
        started.append(item["workId"])
        if item["workId"] == "w0":
            cancel(backend)
        return find(item)

    assert Outcome.ENDED is work(process).outcome

    under_way_at_the_cancel = under_way_at_the_look = wiring.settings().item_concurrency
    assert len(started) <= under_way_at_the_cancel + 2 + under_way_at_the_look


def test_results_and_record_of_a_cancelled_job_agree_whatever_its_workers_finish(backend: Backend) -> None:
    """Five items are under way when it is cancelled; they are finished, and counted nowhere that anybody sees."""
    launched(backend, total=25)
    under_way = threading.Barrier(5)
    cancelled = threading.Event()
    answers: list[dict[str, Any]] = []

    def process(item: Mapping[str, Any]) -> ItemResult:
        if int(item["workId"][1:]) >= 5 and not cancelled.is_set():
            if under_way.wait(20) == 0:
                answers.append(cancel(backend))
                cancelled.set()
            assert cancelled.wait(20)
        return find(item)

    work(process)

    (answer,) = answers
    status, found, _ = backend.request("jobs", "http_get_results", queryStringParameters={})
    assert (200, "cancelled") == (status, found["status"])
    assert 5 == answer["processedItems"] == len(found["items"])
    assert 10 <= wiring.jobs().totals(JOB_ID).processed
    assert answer == backend.request("jobs", "http_get_job")[1]


def test_a_job_that_was_cancelled_before_its_launch_is_never_worked_on(backend: Backend) -> None:
    """Its watch message comes, its first watcher comes: neither starts it."""
    body = '{"jobId": "' + JOB_ID + '", "workIds": ["a", "b"]}'
    backend.invoke("start_enrichment", event("http_start_enrichment", body=body))
    cancel(backend)

    wiring.lifecycle().launch(JOB_ID)

    assert ([], Status.CANCELLED, []) == (backend.sent("work"), job().status, rows())
