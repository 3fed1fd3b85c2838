"""Lambda's 15 minutes, or whatever a worker has: what it cannot finish it hands on, and that leads somewhere."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from progress import wiring
from progress.attempts import Outcome
from progress.job import Status, Totals
from progress.queues import ChunkMessage
from tests.integration.handlers.conftest import JOB_ID, Backend
from tests.integration.handlers.working import find, job, launched, rows, statuses, work


def falling(*milliseconds: int) -> Callable[[], int]:
    """What is left, each time that somebody asks; the last for ever."""
    left = itertools.chain(milliseconds, itertools.repeat(milliseconds[-1]))
    return lambda: next(left)


def test_a_worker_near_its_deadline_hands_its_chunk_on(backend: Backend) -> None:
    """No item is started that could not be finished; none is lost."""
    launched(backend)

    ending = work(remaining_ms=falling(60_000, 5_000))

    assert (Outcome.HAND_ON, False) == (ending.outcome, ending.progressed)
    assert Totals() == wiring.jobs().totals(JOB_ID)


def test_what_was_done_before_the_deadline_is_done(backend: Backend) -> None:
    """The next worker begins where this one stopped; each item counts once."""
    launched(backend, total=25)

    first = work(remaining_ms=falling(60_000, *[50_000] * 10, 20_000))
    done = wiring.jobs().totals(JOB_ID).processed
    second = work()

    assert (Outcome.HAND_ON, True, 10) == (first.outcome, first.progressed, done)
    assert Outcome.DONE is second.outcome
    assert ["found"] * 25 == statuses()
    assert (Status.COMPLETED, 25) == (job().status, job().processed_items)


def test_a_worker_with_little_time_uses_half_of_it(backend: Backend) -> None:
    """A margin longer than the function's time-out would hand the chunk on for ever."""
    launched(backend)

    assert Outcome.DONE is work(remaining_ms=falling(8_000, 7_000)).outcome


def test_a_chunk_that_is_handed_on_in_vain_too_often_fails_what_there_is_no_time_for(
    backend: Backend,
) -> None:
    """So that it cannot circle: as often as a message is received, and then each item says why."""
    launched(backend)
    tired = ChunkMessage(job_id=JOB_ID, chunk=0, vain=5)

    ending = work(find, tired, remaining_ms=falling(60_000, 5_000))

    assert Outcome.DONE is ending.outcome
    assert {("failed", "There was no time for it, though it was tried again and again")} == {
        (row["status"], row["error"]) for row in rows()
    }
    assert (Status.COMPLETED, 10) == (job().status, job().failed_items)
