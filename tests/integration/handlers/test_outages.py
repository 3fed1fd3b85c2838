"""A table that is throttled, fails, or whose answers get lost: work goes on after, and nothing is lost or recounted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from progress import aws, wiring
from progress.attempts import Outcome
from progress.job import ItemResult, Status
from progress.queues import ChunkMessage
from tests.integration.handlers.conftest import JOB_ID, Backend, event
from tests.integration.handlers.test_watchdog import look
from tests.integration.handlers.working import find, job, launched, rows, statuses, work
from tests.outages import lost_answers, outage

BODY = json.dumps({"jobId": JOB_ID, "workIds": ["w0", "w1", "w2"]})


def start(backend: Backend) -> tuple[int, dict[str, Any]]:
    status, body, headers = backend.request("start_enrichment", "http_start_enrichment", body=BODY)
    assert status == 202 or headers["Content-Type"] == "application/problem+json"
    return status, body


def only(number: int) -> Callable[[int, str, str], bool]:
    return lambda asked, *_: asked == number


def until_it_ends(backend: Backend) -> None:
    """Worker and watchdog, as often as their messages come."""
    for number in range(6):
        with suppress(ClientError):
            work()
        with suppress(ClientError):
            look(after=30 * (number + 1))
        if job().announced:
            return


def check_exact() -> None:
    assert (Status.COMPLETED, 3, 0) == (job().status, job().processed_items, job().failed_items)
    assert ["found"] * 3 == statuses()


@pytest.mark.parametrize("number", range(1, 7))
def test_a_start_that_the_table_does_not_take_is_a_problem_and_can_be_repeated(
    backend: Backend, number: int
) -> None:
    """Whichever of its requests fails: a clean answer, no half job, and the same start again is right."""
    with outage(aws.dynamodb(), only(number)) as asked:
        status, body = start(backend)
    assert status == 202 or (500, "urn:progress:problem:internal") == (status, body["type"])
    assert status == 500 or len(asked) < number

    assert 202 == start(backend)[0]

    until_it_ends(backend)
    check_exact()


@pytest.mark.parametrize("number", range(1, 16))
def test_a_worker_loses_nothing_whichever_request_fails(backend: Backend, number: int) -> None:
    """The chunk comes again, what was counted stays counted, and no item fails for it."""
    start(backend)
    wiring.lifecycle().launch(JOB_ID)

    with outage(aws.dynamodb(), only(number)), suppress(ClientError):
        work()
    until_it_ends(backend)

    check_exact()


def test_a_job_is_right_though_every_answer_gets_lost_once(backend: Backend) -> None:
    """The SDK asks again, and a conditional write that succeeded is refused: nobody won. The watchdog sends the chunks
    that no launcher sent, and announces the end that nobody announced."""
    with lost_answers(aws.dynamodb()):
        assert 202 == start(backend)[0]
        wiring.lifecycle().launch(JOB_ID)
        assert [] == backend.sent("work")
        look(after=30)
        assert [0] == [message["chunk"] for message in backend.sent("work")]
        until_it_ends(backend)

    check_exact()
    assert job().announced


def test_progress_that_cannot_be_shown_fails_no_item(backend: Backend) -> None:
    """Only the shown state cannot be written: the items are counted all the same, and shown in the end."""
    launched(backend, total=25)

    with (
        outage(aws.dynamodb(), lambda _, operation, given: operation == "UpdateItem" and "'META'" in given),
        pytest.raises(ClientError),
    ):
        work()

    assert 25 == wiring.jobs().totals(JOB_ID).processed
    assert Outcome.DONE is work().outcome
    assert (Status.COMPLETED, 25, 0) == (job().status, job().processed_items, job().failed_items)


def test_a_table_that_takes_no_results_is_not_worked_for(backend: Backend) -> None:
    """What cannot be written down is not asked of anybody: the providers are other people's."""
    launched(backend, total=25)
    asked: list[str] = []

    def process(item: Mapping[str, Any]) -> ItemResult:
        asked.append(item["workId"])
        return find(item)

    with outage(aws.dynamodb(), lambda _, operation, __: operation == "PutItem"):
        ending = work(process)

    assert Outcome.RETRY is ending.outcome
    assert len(asked) <= wiring.settings().item_concurrency
    assert Outcome.DONE is work().outcome


@pytest.mark.parametrize("operation", ["GetItem", "PutItem"], ids=["before the work", "in the work"])
def test_an_outage_at_the_last_receive_gives_nothing_up(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """The chunk is sent on, later, with all its receives before it: it was not its fault."""
    launched(backend)
    again: list[tuple[ChunkMessage, int]] = []
    monkeypatch.setattr(
        wiring.queues(),
        "resend_chunk",
        lambda message, *, delay_seconds=0: again.append((message, delay_seconds)),
    )
    monkeypatch.setattr("enrich_chunk.enrich", find)
    given = event("sqs_enrich_chunk")
    given["Records"][0]["attributes"]["ApproximateReceiveCount"] = "5"

    with outage(aws.dynamodb(), lambda _, asked, __: asked == operation):
        answer = backend.invoke("enrich_chunk", given)

    assert {"batchItemFailures": []} == answer
    ((message, seconds),) = again
    assert (JOB_ID, 0) == (message.job_id, message.chunk)
    assert seconds >= 16
    assert [] == rows()


def test_what_is_wrong_with_a_request_is_no_outage(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that may not write, say: its message is received so often, and then given up."""
    launched(backend)
    refused: Any = {
        "Error": {"Code": "AccessDeniedException", "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }

    def record(*_: object) -> bool:
        raise ClientError(refused, "PutItem")

    monkeypatch.setattr(wiring.jobs(), "record", record)

    with pytest.raises(ClientError):
        work(receives=5)
