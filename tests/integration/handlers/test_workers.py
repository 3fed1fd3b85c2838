"""Chunks: every item counts once, whatever comes of it and however often it is delivered."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from progress import aws, wiring
from progress.attempts import Outcome, RetryLaterError
from progress.job import ItemResult, ItemStatus, Status, Totals
from progress.queues import ChunkMessage
from progress.reporter import Reporter
from tests.integration.handlers.conftest import JOB_ID, Backend, event
from tests.integration.handlers.working import find, job, launched, rows, statuses, work
from tests.outages import outage
from tests.waiting import wait_until


def test_a_chunk_is_worked_on_and_the_job_ends_with_it(backend: Backend) -> None:
    """The last item's worker ends the job; its watchers see one terminal frame, the last one."""
    launched(backend)

    assert Outcome.DONE is work().outcome

    assert (Status.COMPLETED, 10, 0, True) == (
        job().status,
        job().processed_items,
        job().failed_items,
        job().announced,
    )
    types = [frame["type"] for frame in backend.frames()]
    assert ["complete"] == types[-1:]
    assert 1 == types.count("complete")
    numbers = [frame["seq"] for frame in backend.frames()]
    assert sorted(set(numbers)) == numbers


def test_a_chunk_delivered_twice_at_once_counts_once(backend: Backend) -> None:
    """SQS delivers at least once; two workers on one chunk do the work twice and count it once."""
    launched(backend)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: work(), range(2)))

    assert Totals(processed=10) == wiring.jobs().totals(JOB_ID)
    assert ["found"] * 10 == statuses()
    assert 1 == [frame["type"] for frame in backend.frames()].count("complete")


def test_a_chunk_is_left_alone_when_its_job_has_ended(backend: Backend) -> None:
    """A message that comes after the end does nothing."""
    launched(backend)
    backend.invoke("jobs", event("http_cancel_job"))

    assert Outcome.ENDED is work().outcome
    assert [] == statuses()


def test_a_change_just_after_another_workers_frame_is_shown_when_the_window_has_passed(
    backend: Backend,
) -> None:
    """The trailing edge: nobody waits for the next item to learn of this one."""
    launched(backend)
    for index in range(2):
        wiring.jobs().record(JOB_ID, index, f"w{index}", find({"workId": f"w{index}"}))
    stream = wiring.stream()
    stream.show(job(), Totals(processed=1), text="another worker", work_id=None, window_ms=0)

    with Reporter(job(), wiring.jobs(), stream, window_ms=250) as reporter:
        reporter.item_done(find({"workId": "w1"}), "w1")
        wait_until(lambda: backend.frames()[-1]["data"]["processedItems"] == 2, seconds=0.9)


def test_of_several_workers_one_sums_the_chunks_in_a_window(backend: Backend) -> None:
    """The others see that it was done, and show nothing twice; when it goes, another takes over."""
    launched(backend, total=50)
    stop = threading.Event()

    def reports(number: int) -> None:
        with Reporter(job(), wiring.jobs(), wiring.stream(), window_ms=200) as reporter:
            for index in range(number * 10, number * 10 + (3 if number == 0 else 10)):
                item = {"workId": f"w{index}"}
                wiring.jobs().record(JOB_ID, index, item["workId"], find(item))
                reporter.item_done(find(item), item["workId"])
                time.sleep(0.1)
            if number:
                stop.wait(20)

    with outage(aws.dynamodb(), lambda *_: False) as asked, ThreadPoolExecutor(5) as pool:
        done = [pool.submit(reports, number) for number in range(5)]
        wait_until(lambda: backend.frames() and backend.frames()[-1]["data"]["processedItems"] == 43)
        sums = asked.count("Query")
        stop.set()
        for each in done:
            each.result()

    frames = len(backend.frames())
    assert frames >= 4
    # Beside one in a window: each one's first look for watchers, and those who come second while it is not known who is
    # first.
    assert sums <= frames + 10


def test_one_bad_item_never_fails_the_job(backend: Backend) -> None:
    """An error in the work on one item is that item's result, without our insides in it."""
    launched(backend)

    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] == "w3":
            raise ZeroDivisionError("secret detail")
        return find(item)

    work(process)

    assert (Status.COMPLETED, 1) == (job().status, job().failed_items)
    row = rows()[3]
    assert ("failed", "an internal error, noted in the log") == (row["status"], row["error"])


def test_what_fails_in_passing_is_left_for_later_and_the_rest_is_counted_and_shown(backend: Backend) -> None:
    """Nobody waits for one slow provider; the state is shown although the job must wait."""
    launched(backend)

    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] in ("w3", "w5"):
            raise RetryLaterError("Open Library is busy")
        return find(item)

    assert Outcome.RETRY is work(process).outcome

    assert (Status.RUNNING, 8) == (job().status, job().processed_items)
    assert 8 == backend.frames()[-1]["data"]["processedItems"]
    assert Outcome.DONE is work().outcome
    assert Status.COMPLETED is job().status


def test_what_still_fails_at_the_last_attempt_is_recorded_as_failed(backend: Backend) -> None:
    """Before the message leaves for the dead-letter queue, so that the job can end."""
    launched(backend)

    def process(item: Mapping[str, Any]) -> ItemResult:
        raise RetryLaterError("Open Library is busy")

    assert Outcome.DONE is work(process, receives=5).outcome

    assert (Status.COMPLETED, 10) == (job().status, job().failed_items)
    assert "Open Library is busy" == rows()[0]["error"]


def test_what_the_request_knew_of_an_item_stays_in_its_result_whatever_comes_of_it(backend: Backend) -> None:
    """What a file says of a book is kept beside what was found, and where nothing was."""
    items = [{"workId": f"w{number}", "kept": {"line": number + 2}} for number in range(3)]
    wiring.lifecycle().start(JOB_ID, kind="import", items=items, owner="", traceparent=None)
    wiring.lifecycle().launch(JOB_ID)

    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] == "w1":
            raise ZeroDivisionError
        return find(item)

    work(process)

    assert [("found", 2), ("failed", 3), ("found", 4)] == [(row["status"], row["line"]) for row in rows()]


def test_a_stage_is_shown_with_how_far_it_got(backend: Backend) -> None:
    """ "Identifying 5 of 17: The Hobbit"."""
    launched(backend)
    for index in range(5):
        wiring.jobs().record(JOB_ID, index, f"w{index}", find({"workId": f"w{index}"}))
    result = ItemResult(status=ItemStatus.FOUND, stage="Identifying", label="The Hobbit")

    with Reporter(job(), wiring.jobs(), wiring.stream(), window_ms=250) as reporter:
        reporter.item_done(result, "w4")
        wait_until(lambda: backend.frames() != [], seconds=5)

    assert "Identifying 5 of 10: The Hobbit" == backend.frames()[-1]["data"]["currentStatus"]


def test_a_kind_with_a_queue_of_its_own_gets_its_chunks_there(backend: Backend) -> None:
    """Launched, sent on and put off: the message knows its kind."""
    wiring.lifecycle().start(
        JOB_ID, kind="scan", items=[{"workId": "photo"}], owner="", traceparent=None, unfolds=True
    )
    wiring.lifecycle().launch(JOB_ID)
    launched_with = backend.sent("scan")
    wiring.queues().resend_chunk(ChunkMessage(job_id=JOB_ID, chunk=0, kind="scan"))

    assert ["scan", "scan"] == [message["kind"] for message in (*launched_with, *backend.sent("scan"))]
    assert [] == backend.sent("work")


def test_a_chunk_costs_no_request_more_than_its_items_do(backend: Backend) -> None:
    """What is counted is read by the update that takes the chunk; beside it each item costs two writes."""
    launched(backend, total=5)

    with outage(aws.dynamodb(), lambda *_: False) as asked:
        work()

    # One update takes the chunk and five count; one ends the job, one notes the announcement; the rest are frames.
    frames = sum(frame["type"] == "progress" for frame in backend.frames())
    assert 5 == asked.count("PutItem")
    assert 8 + frames == asked.count("UpdateItem")


def test_a_job_that_has_not_unfolded_is_not_worked_on(backend: Backend) -> None:
    """Its one item is none to be counted: it stands for others."""
    wiring.lifecycle().start(
        JOB_ID, kind="scan", items=[{"workId": "photo"}], owner="", traceparent=None, unfolds=True
    )
    wiring.lifecycle().launch(JOB_ID)

    assert Outcome.ENDED is work().outcome
    assert [] == rows()
