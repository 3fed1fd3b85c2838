"""Chunks, the watchdog and the dead letters: every item counts once, every job ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from progress import wiring
from progress.chunks import Outcome, RetryLaterError
from progress.clock import now_ms
from progress.job import ItemResult, ItemStatus, Job, Status, Totals
from progress.queues import ChunkMessage, WatchMessage
from progress.reporter import Reporter
from progress.watchdog import Watchdog
from tests.integration.handlers.conftest import CONNECTION_ID, JOB_ID, Backend, event
from tests.waiting import wait_until

CHUNK = ChunkMessage(job_id=JOB_ID, chunk=0)
WATCH = WatchMessage(job_id=JOB_ID)


def find(item: Mapping[str, Any]) -> ItemResult:
    return ItemResult(status=ItemStatus.FOUND, label=f"Enriching: {item['workId']}", detail={"metadata": {}})


def launched(backend: Backend, total: int = 10, *, watched: bool = True) -> Job:
    """A running job, watched by the fixtures' connection."""
    if watched:
        backend.invoke("connect", event("websocket_connect"))
        backend.invoke("message", event("websocket_ready"))
    body = json.dumps({"jobId": JOB_ID, "workIds": [f"w{number}" for number in range(total)]})
    backend.invoke("start_enrichment", event("http_start_enrichment", body=body))
    wiring.lifecycle().launch(JOB_ID)
    backend.sent("work")
    backend.management.received.clear()
    return job()


def job() -> Job:
    found = wiring.jobs().get(JOB_ID)
    assert found is not None
    return found


def run(
    process: Any = find, message: ChunkMessage = CHUNK, *, last: bool = False, left_ms: int = 60_000
) -> Outcome:
    return wiring.chunk_worker().run(message, process, last_attempt=last, remaining_ms=lambda: left_ms)


def statuses() -> list[str]:
    return [row["status"] for row in wiring.jobs().results(JOB_ID, after=None, limit=1_000)]


def test_a_chunk_is_worked_on_and_the_job_ends_with_it(backend: Backend) -> None:
    """The last item's worker ends the job; its watchers see one terminal frame, the last one."""
    launched(backend)

    assert Outcome.DONE is run()

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
        list(pool.map(lambda _: run(), range(2)))

    assert Totals(processed=10) == wiring.jobs().totals(JOB_ID)
    assert ["found"] * 10 == statuses()
    assert 1 == [frame["type"] for frame in backend.frames()].count("complete")


def test_a_chunk_is_left_alone_when_its_job_has_ended(backend: Backend) -> None:
    """A message that comes after the end does nothing."""
    launched(backend)
    backend.invoke("jobs", event("http_cancel_job"))

    assert Outcome.ENDED is run()
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


def test_one_bad_item_never_fails_the_job(backend: Backend) -> None:
    """An error in the work on one item is that item's result, without our insides in it."""
    launched(backend)

    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] == "w3":
            raise ZeroDivisionError("secret detail")
        return find(item)

    run(process)

    assert (Status.COMPLETED, 1) == (job().status, job().failed_items)
    row = next(wiring.jobs().results(JOB_ID, after=2, limit=1))
    assert ("failed", "an internal error, noted in the log") == (row["status"], row["error"])


def test_what_fails_in_passing_is_left_for_later_and_the_rest_is_counted_and_shown(backend: Backend) -> None:
    """Nobody waits for one slow provider; the state is shown although the job must wait."""
    launched(backend)

    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] in ("w3", "w5"):
            raise RetryLaterError("Open Library is busy")
        return find(item)

    assert Outcome.RETRY is run(process)

    assert (Status.RUNNING, 8) == (job().status, job().processed_items)
    assert 8 == backend.frames()[-1]["data"]["processedItems"]
    assert Outcome.DONE is run()
    assert Status.COMPLETED is job().status


def test_what_still_fails_at_the_last_attempt_is_recorded_as_failed(backend: Backend) -> None:
    """Before the message leaves for the dead-letter queue, so that the job can end."""
    launched(backend)

    def process(item: Mapping[str, Any]) -> ItemResult:
        raise RetryLaterError("Open Library is busy")

    assert Outcome.DONE is run(process, last=True)

    assert (Status.COMPLETED, 10) == (job().status, job().failed_items)
    assert "Open Library is busy" == next(wiring.jobs().results(JOB_ID, after=None, limit=1))["error"]


def test_a_worker_near_its_deadline_hands_its_chunk_on(backend: Backend) -> None:
    """No item is started that could not be finished; none is lost."""
    launched(backend)

    assert Outcome.HAND_ON is run(left_ms=5_000)
    assert Totals() == wiring.jobs().totals(JOB_ID)


def test_no_item_starts_after_a_worker_has_seen_the_cancel(backend: Backend) -> None:
    """Cancelling is cooperative: what runs is finished, what has not begun is not."""
    launched(backend, total=25)
    begun = threading.Event()
    started: list[str] = []

    def process(item: Mapping[str, Any]) -> ItemResult:
        started.append(item["workId"])
        if len(started) == 1:
            backend.invoke("jobs", event("http_cancel_job"))
            begun.set()
        # Long enough for the reporter's next look.
        threading.Event().wait(0.3)
        return find(item)

    assert Outcome.ENDED is run(process)

    assert begun.is_set()
    assert len(started) < 25
    assert Status.CANCELLED is job().status


def test_the_watchdog_launches_a_job_that_no_client_came_for(backend: Backend) -> None:
    """A job waits for its client, but not for ever."""
    body = json.dumps({"jobId": JOB_ID, "workIds": ["a"]})
    backend.invoke("start_enrichment", event("http_start_enrichment", body=body))

    seconds = wiring.watchdog().look(WATCH, receives=1)

    assert (30, Status.RUNNING) == (seconds, job().status)
    assert [0] == [message["chunk"] for message in backend.sent("work")]


def test_the_watchdog_ends_a_job_whose_last_worker_died_before_it_could(backend: Backend) -> None:
    """All is counted, nobody wrote the end."""
    launched(backend, total=2)
    for index in range(2):
        wiring.jobs().record(JOB_ID, index, f"w{index}", find({"workId": f"w{index}"}))

    wiring.watchdog().look(WATCH, receives=2)

    assert Status.COMPLETED is job().status
    assert ["complete"] == [frame["type"] for frame in backend.frames()]
    assert None is wiring.watchdog().look(WATCH, receives=3)


def test_the_watchdog_announces_an_end_that_nobody_lived_to_announce(backend: Backend) -> None:
    """Between the terminal write and its frame a worker may die; one that lives is given the time to announce it."""
    launched(backend, total=2)
    wiring.jobs().finish(JOB_ID, Status.COMPLETED, Totals(processed=2), text="Finished")

    assert 10 == wiring.watchdog().look(WATCH, receives=2)
    assert [] == backend.frames()
    later = Watchdog(
        wiring.jobs(),
        wiring.stream(),
        wiring.lifecycle(),
        wiring.queues(),
        wiring.settings(),
        clock=lambda: now_ms() + 10_000,
    )
    assert None is later.look(WATCH, receives=3)

    assert ["complete"] == [frame["type"] for frame in backend.frames()]


def test_the_watchdog_shows_what_no_worker_showed(backend: Backend) -> None:
    """Counts of a worker that died before its next frame."""
    launched(backend, total=2)
    wiring.jobs().record(JOB_ID, 0, "w0", find({"workId": "w0"}))

    wiring.watchdog().look(WATCH, receives=2)

    assert [1] == [frame["data"]["processedItems"] for frame in backend.frames()]


def test_the_watchdog_sends_a_stalled_jobs_chunks_again_and_fails_it_in_the_end(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All workers died, or the messages were lost: found without a scan, ended within a bound."""
    launched(backend, total=60)
    for index in range(25):
        wiring.jobs().record(JOB_ID, index, f"w{index}", find({"workId": f"w{index}"}))
    wiring.watchdog().look(WATCH, receives=2)
    late = now_ms()
    resent = []
    for _ in range(4):
        late += 401_000
        watchdog = wiring.watchdog()
        monkeypatch.setattr(watchdog, "_clock", lambda now=late: now)
        monkeypatch.setattr(watchdog._jobs, "_clock", lambda now=late: now)
        watchdog.look(WATCH, receives=3)
        resent.append(sorted(message["chunk"] for message in backend.sent("work")))

    assert [[1, 2], [1, 2], [1, 2], []] == resent
    assert (Status.FAILED, 25) == (job().status, job().processed_items)
    assert "No progress for" in (job().error or "")
    assert ["progress", "error"] == [frame["type"] for frame in backend.frames()[-2:]]


@pytest.mark.parametrize(("receives", "again"), [(1, 5), (2, 5), (3, None)])
def test_the_watchdog_waits_a_little_for_a_job_that_is_not_written_yet(
    backend: Backend, receives: int, again: int | None
) -> None:
    """Its message is sent just before; without a job in the end, it goes."""
    assert again == wiring.watchdog().look(WATCH, receives=receives)


def test_the_watch_fixture_leaves_the_message_in_its_queue_until_the_job_has_ended(backend: Backend) -> None:
    """Reported as failed is how a message stays."""
    launched(backend)
    backend.sqs.send_message(QueueUrl=backend.urls["watch"], MessageBody="x")
    message = next(iter(backend.sqs.receive_message(QueueUrl=backend.urls["watch"])["Messages"]))
    given = event("sqs_watch_job")
    given["Records"][0] |= {"receiptHandle": message["ReceiptHandle"]}

    running = backend.invoke("watch_jobs", given)
    backend.invoke("jobs", event("http_cancel_job"))
    ended = backend.invoke("watch_jobs", given)

    assert [given["Records"][0]["messageId"]] == [
        row["itemIdentifier"] for row in running["batchItemFailures"]
    ]
    assert {"batchItemFailures": []} == ended


def test_the_dead_letter_fixture_gives_the_chunk_up(backend: Backend) -> None:
    """What is left of the chunk is recorded as failed, and the job ends; once more changes nothing."""
    launched(backend)
    wiring.jobs().record(JOB_ID, 0, "w0", find({"workId": "w0"}))
    for _ in range(2):
        assert {"batchItemFailures": []} == backend.invoke("watch_jobs", event("sqs_dead_letter"))

    assert ["found"] + ["failed"] * 9 == statuses()
    assert (Status.COMPLETED, 10, 9) == (job().status, job().processed_items, job().failed_items)
    assert CONNECTION_ID in backend.management.received


@pytest.mark.parametrize("module", ["watch_jobs", "enrich_chunk"])
@pytest.mark.parametrize(
    "body", ["", "x", "[]", "{}", '{"jobId":"x"}', f'{{"jobId":"{JOB_ID}","chunk":"0"}}']
)
def test_a_message_that_nobody_here_sent_is_thrown_away(backend: Backend, module: str, body: str) -> None:
    """It would only come back for ever."""
    given = event("sqs_watch_job")
    given["Records"][0]["body"] = body

    assert {"batchItemFailures": []} == backend.invoke(module, given)


def test_what_the_request_knew_of_an_item_stays_in_its_result_whatever_comes_of_it(backend: Backend) -> None:
    """What a file says of a book is kept beside what was found, and where nothing was."""
    items = [{"workId": f"w{number}", "kept": {"line": number + 2}} for number in range(3)]
    wiring.lifecycle().start(JOB_ID, kind="import", items=items, owner="", traceparent=None)
    wiring.lifecycle().launch(JOB_ID)

    def process(item: Mapping[str, Any]) -> ItemResult:
        if item["workId"] == "w1":
            raise ZeroDivisionError
        return find(item)

    run(process)

    rows = wiring.jobs().results(JOB_ID, after=None, limit=10)
    assert [("found", 2), ("failed", 3), ("found", 4)] == [(row["status"], row["line"]) for row in rows]


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


def test_a_job_whose_items_were_never_found_out_fails_when_its_message_is_given_up(backend: Backend) -> None:
    """The worker crashed each time: the job ends, and says so."""
    wiring.lifecycle().start(
        JOB_ID, kind="scan", items=[{"workId": "photo"}], owner="", traceparent=None, unfolds=True
    )
    wiring.lifecycle().launch(JOB_ID)

    wiring.chunk_worker().give_up(CHUNK, reason="Given up after several attempts")

    assert (Status.FAILED, "Given up after several attempts", 0) == (
        job().status,
        job().error,
        job().processed_items,
    )
