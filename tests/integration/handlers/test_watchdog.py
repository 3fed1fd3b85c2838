"""The watchdog: no job waits or runs for ever, none is failed for waiting, and nobody scans the table for that."""

from __future__ import annotations

import json

import pytest

from progress import wiring
from progress.attempts import Outcome, RetryLaterError
from progress.clock import now_ms
from progress.job import Job, Status, Totals
from progress.watchdog import Watchdog
from tests.integration.handlers.conftest import JOB_ID, Backend, event
from tests.integration.handlers.working import CHUNK, WATCH, find, job, launched, texts, work


def look(*, after: float) -> int | None:
    """A look so many seconds from now."""

    def later() -> int:
        return now_ms() + round(after * 1000)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring.jobs(), "_clock", later)
        watchdog = Watchdog(
            wiring.jobs(),
            wiring.stream(),
            wiring.lifecycle(),
            wiring.queues(),
            wiring.settings(),
            clock=later,
        )
        return watchdog.look(WATCH, receives=3)


def take(chunk: int, *, after: float = 0) -> None:
    """A worker takes a chunk, so many seconds from now, and is not heard of again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring.jobs(), "_clock", lambda: now_ms() + round(after * 1000))
        wiring.jobs().take(job(), chunk)


def sent(backend: Backend) -> list[int]:
    return sorted(message["chunk"] for message in backend.sent("work"))


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


def test_a_job_that_only_waits_in_its_queue_says_so_and_is_not_failed_for_it(backend: Backend) -> None:
    """Other people's jobs are before it: that is no fault, and sending it again would only make the queue longer."""
    launched(backend, total=60)

    for minutes in (1, 30, 120, 355):
        assert 30 == look(after=minutes * 60)

    assert (Status.RUNNING, "Waiting for a free worker") == (job().status, job().current_status)
    assert ["Waiting for a free worker"] == texts(backend)
    assert [] == sent(backend)


def test_a_job_that_nobody_takes_for_hours_fails_and_says_why(backend: Backend) -> None:
    """WAITING_SECONDS bounds even that."""
    launched(backend, total=60)

    look(after=6 * 3600 + 1)

    assert (Status.FAILED, "No worker was free for it within 6 hours") == (job().status, job().error)


def test_what_waits_is_counted_from_the_last_sign_of_life(backend: Backend) -> None:
    """A long job behind others is worked on now and then: each time the hours begin anew."""
    launched(backend, total=60)
    work()
    look(after=5 * 3600)

    look(after=10 * 3600)

    assert Status.RUNNING is job().status
    look(after=11 * 3600 + 1)
    assert Status.FAILED is job().status


def test_a_chunk_whose_worker_died_is_sent_again_and_in_the_end_its_job_fails(backend: Backend) -> None:
    """All workers died and no message came back: found without a scan, ended within a bound. What waits is left."""
    launched(backend, total=60)
    work()
    again = []
    for times in range(5):
        if job().status is Status.RUNNING:
            # Chunk 1 is taken whenever it was sent; chunk 2 waits behind others.
            take(1, after=times * 430)
        look(after=times * 430 + 30)
        look(after=times * 430 + 401)
        again.append(sent(backend))

    assert [[1], [1], [1], [], []] == again
    assert (Status.FAILED, 25) == (job().status, job().processed_items)
    assert "No progress for 27 minutes, though the work was sent again" == job().error
    assert ["progress", "error"] == [frame["type"] for frame in backend.frames()[-2:]]


def test_a_chunk_that_was_sent_again_waits_like_any_other(backend: Backend) -> None:
    """Its worker died, its message is behind others: that it was taken once does not make it stall."""
    launched(backend, total=60)
    take(0)
    look(after=401)
    assert [0] == sent(backend)

    for minutes in (10, 20, 30, 40):
        look(after=minutes * 60)

    assert ([], Status.RUNNING) == (sent(backend), job().status)


def test_a_chunk_that_is_put_off_neither_waits_nor_stalls(backend: Backend) -> None:
    """What the watchers were told of the provider stands until the chunk is due."""
    launched(backend)

    def process(item: object) -> None:
        raise RetryLaterError("Open Library does not answer", after_seconds=600)

    assert Outcome.RETRY is work(process).outcome
    look(after=500)

    assert "Open Library does not answer; trying again in 60" in job().current_status
    assert [] == sent(backend)
    look(after=700)
    assert "Waiting for a free worker" == job().current_status


def test_a_launcher_that_died_before_it_sent_the_chunks_is_mended_at_the_next_look(backend: Backend) -> None:
    """The job is running, and no message of it is in any queue."""
    body = json.dumps({"jobId": JOB_ID, "workIds": [f"w{number}" for number in range(60)]})
    backend.invoke("start_enrichment", event("http_start_enrichment", body=body))
    assert wiring.jobs().launch(JOB_ID) is not None

    look(after=5)
    assert [] == sent(backend), "it may be about to"
    look(after=30)
    assert [0, 1, 2] == sent(backend)
    look(after=60)
    assert [] == sent(backend), "once is enough"


def test_a_worker_that_died_between_unfolding_and_sending_is_mended_likewise(backend: Backend) -> None:
    """It had the first chunk in its hands; that one comes back by itself."""
    wiring.lifecycle().start(
        JOB_ID, kind="scan", items=[{"workId": "photo"}], owner="", traceparent=None, unfolds=True
    )
    wiring.lifecycle().launch(JOB_ID)
    backend.sent("scan")
    take(0)
    assert wiring.jobs().unfold(job(), [{"workId": f"spine-{n}"} for n in range(60)], text="Found 60")

    look(after=30)

    assert [1, 2] == sorted(message["chunk"] for message in backend.sent("scan"))
    assert 60 == job().total_items


def test_what_was_sent_but_not_marked_is_only_sent_twice(backend: Backend) -> None:
    """Sending again is harmless: every item counts once."""
    launched(backend)
    wiring.table().update(f"JOB#{JOB_ID}", "META", "SET dispatched = :no", {":no": False})

    look(after=30)

    assert [0] == sent(backend)
    for _ in range(2):
        work(message=CHUNK)
    assert (Status.COMPLETED, 10) == (job().status, job().processed_items)


def test_a_look_that_breaks_comes_again_soon(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only when the queue's three minutes of visibility have passed."""
    launched(backend)
    postponed: list[int] = []
    monkeypatch.setattr(wiring.queues(), "postpone_watch", lambda _, seconds: postponed.append(seconds))

    def broken(_: str) -> Job | None:
        raise ZeroDivisionError

    monkeypatch.setattr(wiring.jobs(), "get", broken)

    assert 1 == len(backend.invoke("watch_jobs", event("sqs_watch_job"))["batchItemFailures"])
    assert [30] == postponed
