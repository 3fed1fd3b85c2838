"""Poison: items that fail, items that kill, messages that nobody can read, and dead letters that come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from progress import wiring
from progress.attempts import Outcome, RetryLaterError
from progress.job import ItemResult, Status
from tests.integration.handlers.conftest import CONNECTION_ID, JOB_ID, Backend, event
from tests.integration.handlers.working import CHUNK, find, job, launched, rows, statuses, work

GIVEN_UP = "Given up after several attempts"


class Crash(BaseException):
    """What nothing in a worker catches: the process is gone."""


def deadly(*work_ids: str) -> Callable[[Mapping[str, Any]], ItemResult]:
    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] in work_ids:
            raise Crash
        return find(item)

    return process


def receive_until_given_up(backend: Backend, process: Callable[[Mapping[str, Any]], ItemResult]) -> None:
    """What SQS does with a message whose worker dies each time: five receives, then the dead-letter queue."""
    for receives in range(1, 6):
        with pytest.raises(Crash):
            work(process, receives=receives)
    backend.invoke("watch_jobs", event("sqs_dead_letter"))


@pytest.mark.parametrize("number", [0, 7, 24])
def test_an_item_that_kills_its_worker_fails_alone(backend: Backend, number: int) -> None:
    """Those beside it are counted by the workers that come after, one by one from either end."""
    launched(backend, total=25)

    receive_until_given_up(backend, deadly(f"w{number}"))

    assert [number] == [row["index"] for row in rows() if row["status"] == "failed"]
    assert [GIVEN_UP] == [row["error"] for row in rows() if row["status"] == "failed"]
    assert (Status.COMPLETED, 25, 1) == (job().status, job().processed_items, job().failed_items)


def test_items_that_always_fail_are_failures_of_their_own(backend: Backend) -> None:
    """Three of a hundred: the job is completed, and each says why."""
    launched(backend, total=100)

    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] in ("w3", "w50"):
            raise ZeroDivisionError
        if item["workId"] == "w99":
            raise RetryLaterError("Open Library is busy")
        return find(item)

    for chunk in range(4):
        for receives in range(1, 6):
            message = CHUNK.__class__(job_id=JOB_ID, chunk=chunk)
            if work(process, message, receives=receives).outcome is not Outcome.RETRY:
                break

    failed = {row["workId"]: row["error"] for row in rows() if row["status"] == "failed"}
    internal = "an internal error, noted in the log"
    assert {"w3": internal, "w50": internal, "w99": "Open Library is busy"} == failed
    assert (Status.COMPLETED, 100, 3) == (job().status, job().processed_items, job().failed_items)


def test_the_dead_letter_fixture_gives_the_chunk_up(backend: Backend) -> None:
    """What is left of the chunk is recorded as failed, and the job ends; once more changes nothing."""
    launched(backend)
    wiring.jobs().record(JOB_ID, 0, "w0", find({"workId": "w0"}))
    for _ in range(2):
        assert {"batchItemFailures": []} == backend.invoke("watch_jobs", event("sqs_dead_letter"))

    assert ["found"] + ["failed"] * 9 == statuses()
    assert (Status.COMPLETED, 10, 9) == (job().status, job().processed_items, job().failed_items)
    assert CONNECTION_ID in backend.management.received


@pytest.mark.parametrize("chunk", [0, 1])
def test_a_redrive_after_the_job_ended_changes_nothing(backend: Backend, chunk: int) -> None:
    """StartMessageMoveTask puts the same messages into their source queue again: of a job that ended, and of one that
    was given up."""
    launched(backend, total=30)
    receive_until_given_up(backend, deadly(*[f"w{number}" for number in range(25)]))
    work(message=CHUNK.__class__(job_id=JOB_ID, chunk=1))
    before = (job(), rows())
    assert (Status.COMPLETED, 30, 25) == (job().status, job().processed_items, job().failed_items)
    frames = len(backend.frames())

    given = event("sqs_enrich_chunk")
    given["Records"][0]["body"] = json.dumps({"jobId": JOB_ID, "chunk": chunk, "kind": "enrichment"})
    answer = backend.invoke("enrich_chunk", given)

    assert {"batchItemFailures": []} == answer
    assert before == (job(), rows())
    assert frames == len(backend.frames())


def test_a_redrive_while_the_job_runs_counts_only_what_is_left(backend: Backend) -> None:
    """Where nobody has given the chunk up yet, its items are simply worked on."""
    launched(backend, total=30)
    work(message=CHUNK.__class__(job_id=JOB_ID, chunk=1))
    for number in range(20):
        wiring.jobs().record(JOB_ID, number, f"w{number}", find({"workId": f"w{number}"}))

    work()
    work()

    assert ["found"] * 30 == statuses()
    assert (Status.COMPLETED, 30) == (job().status, job().processed_items)


@pytest.mark.parametrize("module", ["watch_jobs", "enrich_chunk", "detect_books"])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"jobId":"x"}',
        f'{{"jobId":"{JOB_ID}","chunk":"0"}}',
        f'{{"jobId":"{JOB_ID}","chunk":-1}}',
        f'{{"jobId":"{JOB_ID}","chunk":0,"vain":"often"}}',
        "[" * 200_000,
        f'{{"jobId":"{JOB_ID}","chunk":{"9" * 5_000}}}',
    ],
    ids=["empty", "text", "list", "object", "id", "text chunk", "negative", "vain", "deep", "huge"],
)
def test_a_message_that_nobody_here_sent_is_thrown_away(backend: Backend, module: str, body: str) -> None:
    """It would only come back for ever; the log says what it was."""
    given = event("sqs_watch_job")
    given["Records"][0]["body"] = body

    assert {"batchItemFailures": []} == backend.invoke(module, given)


@pytest.mark.parametrize("chunk", [1, 10**30])
def test_a_message_for_a_chunk_that_the_job_has_not_leaves_no_trace(backend: Backend, chunk: int) -> None:
    """Neither a count nor a row."""
    launched(backend)
    given = event("sqs_enrich_chunk")
    given["Records"][0]["body"] = json.dumps({"jobId": JOB_ID, "chunk": chunk})
    for module in ("enrich_chunk", "watch_jobs"):
        assert {"batchItemFailures": []} == backend.invoke(module, given)

    assert [] == list(wiring.table().query(f"JOB#{JOB_ID}", "CHUNK#"))
    assert (Status.RUNNING, 0) == (job().status, job().processed_items)


def test_a_chunk_in_the_wrong_queue_is_thrown_away(backend: Backend) -> None:
    """A redrive to a queue of the operator's choice: a photo is no work to be looked up, and counts as none."""
    wiring.lifecycle().start(
        JOB_ID, kind="scan", items=[{"workId": "photo"}], owner="", traceparent=None, unfolds=True
    )
    wiring.lifecycle().launch(JOB_ID)
    given = event("sqs_enrich_chunk")
    given["Records"][0]["body"] = json.dumps(backend.sent("scan")[0])

    assert {"batchItemFailures": []} == backend.invoke("enrich_chunk", given)

    assert (Status.RUNNING, []) == (job().status, rows())


def test_a_job_whose_items_were_never_found_out_fails_when_its_message_is_given_up(backend: Backend) -> None:
    """The worker crashed each time: the job ends, and says so."""
    wiring.lifecycle().start(
        JOB_ID, kind="scan", items=[{"workId": "photo"}], owner="", traceparent=None, unfolds=True
    )
    wiring.lifecycle().launch(JOB_ID)

    wiring.chunk_worker().give_up(CHUNK, reason=GIVEN_UP)

    assert (Status.FAILED, GIVEN_UP, 0) == (job().status, job().error, job().processed_items)
