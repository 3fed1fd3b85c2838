"""The durable record: counted once, shown in order, ended once."""

from __future__ import annotations

import pytest

from progress.job import ItemResult, ItemStatus, Job, Status, Totals, hash_request
from progress.jobs import Emission, JobExistsError, Jobs
from tests.fakes import Clock

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
FOUND = ItemResult(status=ItemStatus.FOUND, label="Enriching: Emma", detail={"metadata": {"title": "Emma"}})
FAILED = ItemResult(status=ItemStatus.FAILED, label="Failed: Emma", detail={"error": "it broke"})
WINDOW_MS = 250


def start(jobs: Jobs, total: int = 60) -> Job:
    items = [{"workId": f"w{number}"} for number in range(total)]
    request_hash = hash_request("enrichment", items)
    jobs.store_input(JOB_ID, request_hash, items)
    return jobs.create(
        JOB_ID, kind="enrichment", total_items=total, request_hash=request_hash, owner="", traceparent=None
    )


def launched(jobs: Jobs, total: int = 60) -> Job:
    start(jobs, total)
    job = jobs.launch(JOB_ID)
    assert job is not None
    return job


def known(jobs: Jobs) -> Job:
    job = jobs.get(JOB_ID)
    assert job is not None
    return job


def emit(jobs: Jobs, processed: int) -> Job | None:
    emission = jobs.emit(
        JOB_ID, Totals(processed=processed), text="Enriching", work_id="w1", window_ms=WINDOW_MS
    )
    return emission.shown


def test_create_refuses_an_id_that_is_taken(jobs: Jobs) -> None:
    """One id is one job; the refusal says which."""
    first = start(jobs)

    with pytest.raises(JobExistsError) as refused:
        start(jobs)

    assert first == refused.value.job


def test_create_takes_an_id_whose_job_has_expired(jobs: Jobs, clock: Clock) -> None:
    """DynamoDB deletes late; what has expired does not exist."""
    start(jobs)
    clock.advance(seconds=24 * 3600 + 1)

    assert None is jobs.get(JOB_ID)
    assert clock.now == start(jobs).created_at


def test_launch_is_won_once(jobs: Jobs) -> None:
    """A job's chunks are sent by one caller."""
    start(jobs)

    assert [True, False] == [jobs.launch(JOB_ID) is not None for _ in range(2)]


def test_record_counts_an_item_once_however_often_it_is_delivered(jobs: Jobs) -> None:
    """The count is a conditional set-add, never a bare addition."""
    launched(jobs)

    counted = [jobs.record(JOB_ID, 30, "w30", FOUND) for _ in range(3)]

    assert [True, False, False] == counted
    assert Totals(processed=1, failed=0) == jobs.totals(JOB_ID)


def test_record_counts_what_the_row_says_when_another_worker_wrote_it_first(jobs: Jobs) -> None:
    """A row is never changed, so counts and results agree whoever counts."""
    launched(jobs)
    jobs.record(JOB_ID, 30, "w30", FAILED)

    jobs.record(JOB_ID, 30, "w30", FOUND)

    assert Totals(processed=1, failed=1) == jobs.totals(JOB_ID)
    assert ["failed"] == [row["status"] for row in jobs.results(known(jobs), after=None, limit=10)]


def test_record_counts_a_row_whose_writer_died_before_counting(
    jobs: Jobs, table_with_uncounted_row: None
) -> None:
    """Between the row and the count a worker may die; the next one counts the row that stands."""
    assert jobs.record(JOB_ID, 3, "w3", FOUND)

    assert Totals(processed=1, failed=1) == jobs.totals(JOB_ID)


@pytest.fixture
def table_with_uncounted_row(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    launched(jobs)
    table = jobs._table
    with monkeypatch.context() as dying:

        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        dying.setattr(table, "update", die)
        with pytest.raises(KeyboardInterrupt):
            jobs.record(JOB_ID, 3, "w3", FAILED)


def test_remaining_leaves_out_what_is_counted(jobs: Jobs) -> None:
    """A chunk delivered again is worked on from where it stands."""
    job = launched(jobs)
    for index in range(50, 58):
        jobs.record(JOB_ID, index, f"w{index}", FOUND)

    assert {58: {"workId": "w58"}, 59: {"workId": "w59"}} == jobs.remaining(job, 2)
    assert {} == jobs.remaining(job, 3)


def test_chunks_tells_how_each_stands(jobs: Jobs) -> None:
    """What the watchdog judges a running job by."""
    job = launched(jobs)
    for index in range(25):
        jobs.record(JOB_ID, index, f"w{index}", FOUND)
    jobs.record(JOB_ID, 59, "w59", FOUND)

    assert [(25, 25), (25, 0), (10, 1)] == [(chunk.size, chunk.counted) for chunk in jobs.chunks(job)]


def test_emit_numbers_states_one_after_the_other(jobs: Jobs, clock: Clock) -> None:
    """`seq` grows by one with each frame."""
    launched(jobs)
    shown = []
    for processed in (1, 5, 9):
        shown.append(emit(jobs, processed))
        clock.advance(seconds=0.25)

    assert [(1, 1), (2, 5), (3, 9)] == [(job.seq, job.processed_items) for job in shown if job]


def test_emit_is_refused_within_the_window(jobs: Jobs, clock: Clock) -> None:
    """At most four frames a second, whichever workers ask."""
    launched(jobs)
    emit(jobs, 1)
    clock.advance(seconds=0.249)

    assert None is emit(jobs, 2)


def test_emit_is_refused_when_a_later_state_was_shown(jobs: Jobs, clock: Clock) -> None:
    """A worker that read its totals long ago cannot take progress back."""
    launched(jobs)
    emit(jobs, 9)
    clock.advance(seconds=1)

    assert None is emit(jobs, 8)


def test_a_refused_emit_tells_how_the_job_stands(jobs: Jobs, clock: Clock) -> None:
    """Who comes second need not ask what the first has shown, nor whether the job has ended."""
    launched(jobs)
    emit(jobs, 3)

    def refused() -> Emission:
        return jobs.emit(JOB_ID, Totals(processed=1), text="", work_id=None, window_ms=WINDOW_MS)

    assert Emission(job=known(jobs), committed=False) == refused()
    jobs.finish(JOB_ID, Status.CANCELLED, Totals(processed=3), text="Cancelled")
    assert Emission(job=known(jobs), committed=False) == refused()
    clock.advance(seconds=48 * 3600)
    assert not refused().committed


def test_finish_is_won_once_and_nothing_is_shown_after_it(jobs: Jobs, clock: Clock) -> None:
    """Every job ends, once; the record does not change any more."""
    launched(jobs)
    ended = [
        jobs.finish(JOB_ID, status, Totals(processed=60), text="Done")
        for status in (Status.COMPLETED, Status.CANCELLED, Status.FAILED)
    ]
    clock.advance(seconds=1)

    assert [True, False, False] == [job is not None for job in ended]
    assert None is emit(jobs, 60)
    job = jobs.get(JOB_ID)
    assert job is not None
    assert (Status.COMPLETED, 1, 1.0, None) == (job.status, job.seq, job.progress, job.eta_ms)


def test_finish_leaves_a_number_for_the_frame_that_tells_a_failure_to_old_apps(jobs: Jobs) -> None:
    """A failure takes two frames, so two numbers."""
    launched(jobs)

    job = jobs.finish(JOB_ID, Status.FAILED, Totals(), text="Failed", error="no provider")

    assert job is not None
    assert (2, "no provider") == (job.seq, job.error)


def test_watch_counts_the_watcher_and_reads_in_one_step(jobs: Jobs, clock: Clock) -> None:
    """A state is in the subscriber's answer, or its publisher sees the new number."""
    launched(jobs)
    emit(jobs, 7)

    job = jobs.watch(JOB_ID)
    clock.advance(seconds=1)
    later = emit(jobs, 8)

    assert job is not None
    assert later is not None
    assert (7, 1) == (job.processed_items, job.watchers)
    assert 1 == later.watchers


def test_watch_does_not_make_a_job(jobs: Jobs) -> None:
    """Watching an id that no job has leaves none behind."""
    assert None is jobs.watch(JOB_ID)
    assert None is jobs.get(JOB_ID)


def test_results_come_in_work_order_page_by_page(jobs: Jobs) -> None:
    """Whatever order they were finished in."""
    launched(jobs)
    for index in (40, 2, 59, 0, 11):
        jobs.record(JOB_ID, index, f"w{index}", FOUND)

    first = list(jobs.results(known(jobs), after=None, limit=3))
    second = list(jobs.results(known(jobs), after=first[-1]["index"], limit=3))

    assert [0, 2, 11, 40, 59] == [row["index"] for row in first + second]
    assert {"index": 0, "workId": "w0", "status": "found", "metadata": {"title": "Emma"}} == first[0]


def test_eta_follows_the_pace_so_far(jobs: Jobs, clock: Clock) -> None:
    """A quarter done in ten seconds leaves thirty."""
    launched(jobs)
    clock.advance(seconds=10)

    job = emit(jobs, 15)

    assert job is not None
    assert 30_000 == job.eta_ms


def test_items_of_any_size_are_stored_and_come_back_in_order(jobs: Jobs) -> None:
    """A chunk's items take as many rows as DynamoDB's limit of 400 KB for one asks for."""
    items = [{"workId": f"w{number}", "kept": {"review": "ü" * 60_000}} for number in range(30)]
    request_hash = hash_request("import", items)
    jobs.store_input(JOB_ID, request_hash, items)
    job = jobs.create(
        JOB_ID, kind="import", total_items=30, request_hash=request_hash, owner="", traceparent=None
    )

    assert items == [
        item for chunk in range(job.chunks) for _, item in sorted(jobs.remaining(job, chunk).items())
    ]


def test_what_a_request_held_that_became_no_item_is_kept_with_the_job(jobs: Jobs) -> None:
    """Line and reason, in their order, and part of what makes two requests the same."""
    items = [{"workId": "w1"}]
    rejected = [{"line": number, "reason": "no title and no ISBN " * 20} for number in range(2, 2_000)]
    request_hash = hash_request("import", items, rejected)
    jobs.store_input(JOB_ID, request_hash, items, rejected)
    job = jobs.create(
        JOB_ID, kind="import", total_items=1, request_hash=request_hash, owner="", traceparent=None
    )

    assert rejected == jobs.rejected(job)
    assert hash_request("import", items) != request_hash
