"""A job whose request could not tell its items: found out once, shown as it goes, ended like any other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from progress.attempts import Attempt, Outcome, RetryLaterError
from progress.connections import Connection, Connections
from progress.job import Job, Status, hash_request
from progress.jobs import Jobs
from progress.lifecycle import Lifecycle
from progress.push import Pusher
from progress.queues import ChunkMessage
from progress.stream import Stream
from progress.unfolding import CannotUnfoldError, Contents, Tell, Unfolder
from tests.fakes import ENDPOINT, Clock, Management

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
MESSAGE = ChunkMessage(job_id=JOB_ID, chunk=0, kind="scan")


class Sent:
    """Queues that only remember."""

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def send_chunks(self, job: Job, chunks: Any) -> None:
        self.chunks += chunks


class World:
    """A running job of one item, with one watcher."""

    def __init__(self, jobs: Jobs, connections: Connections, clock: Clock) -> None:
        self.jobs = jobs
        self.management = Management()
        self.sent = Sent()
        self.cleaned: list[Any] = []
        pusher = Pusher(connections, self.management, clock=clock, sleep=lambda _: None)
        self.stream = Stream(jobs, connections, pusher, clock=clock, sleep=lambda _: None)
        self.lifecycle = Lifecycle(jobs, connections, self.stream, self.sent, ready_timeout_seconds=5)  # type: ignore[arg-type]
        items = [{"workId": "photo", "imageKey": "k"}]
        request_hash = hash_request("scan", items)
        jobs.store_input(JOB_ID, request_hash, items)
        jobs.create(
            JOB_ID,
            kind="scan",
            total_items=1,
            request_hash=request_hash,
            owner="",
            traceparent=None,
            unfolds=True,
        )
        connection = Connection(connection_id="a", endpoint=ENDPOINT, principal="", connected_at=clock.now)
        connections.open(connection, origin=None)
        connections.subscribe(connection, JOB_ID)
        jobs.watch(JOB_ID)
        jobs.launch(JOB_ID)

    def run(
        self, look: Callable[[Any, Tell], Contents], *, last: bool = False, keep_alive: float = 60
    ) -> Outcome:
        unfolder = Unfolder(
            self.jobs,
            self.stream,
            self.lifecycle,
            keep_alive_seconds=keep_alive,
        )
        attempt = Attempt(receives=5 if last else 1, last=last, remaining_ms=lambda: 60_000)
        return unfolder.run(MESSAGE, look, self.cleaned.append, attempt).outcome

    @property
    def job(self) -> Job:
        found = self.jobs.get(JOB_ID)
        assert found is not None
        return found

    @property
    def shown(self) -> list[tuple[int, str]]:
        frames = self.management.received.get("a", [])
        return [(frame["data"]["totalItems"], frame["data"]["currentStatus"]) for frame in frames]


@pytest.fixture
def world(jobs: Jobs, connections: Connections, clock: Clock) -> World:
    return World(jobs, connections, clock)


def spines(count: int) -> Contents:
    return Contents(
        items=[{"workId": f"spine-{number}"} for number in range(count)], text=f"Found {count} spines"
    )


def test_one_item_becomes_many_and_its_watchers_see_every_stage(world: World) -> None:
    """The photo is read, its spines are found, and the job has so many items from then on."""

    def look(item: Any, tell: Tell) -> Contents:
        assert "k" == item["imageKey"]
        tell("Reading the photo")
        return spines(60)

    assert Outcome.DONE is world.run(look)

    assert [(1, "Reading the photo"), (60, "Found 60 spines")] == world.shown
    assert (60, False) == (world.job.total_items, world.job.unfolds)
    assert [25, 25, 10] == [len(world.jobs.remaining(world.job, chunk)) for chunk in range(3)]
    assert [1, 2] == world.sent.chunks
    assert 1 == len(world.cleaned)
    assert not world.jobs.take(world.job, 0).abandoned


def test_a_message_that_comes_again_finds_the_job_unfolded(world: World) -> None:
    """Whoever delivers twice: nobody looks twice, and no item is lost or added."""
    world.run(lambda item, tell: spines(3))

    def look(item: Any, tell: Tell) -> Contents:
        raise AssertionError("it was looked at again")

    assert Outcome.DONE is world.run(look)
    assert 3 == world.job.total_items


def test_of_two_who_look_at_once_the_first_is_believed(world: World) -> None:
    """The one conditional write decides; the other's items are nobody's."""

    def look(item: Any, tell: Tell) -> Contents:
        world.run(lambda item, tell: spines(2))
        return spines(9)

    assert Outcome.DONE is world.run(look)
    assert 2 == world.job.total_items
    assert ["spine-0", "spine-1"] == [item["workId"] for item in world.jobs.remaining(world.job, 0).values()]


@pytest.mark.parametrize("error", [CannotUnfoldError("There is no photo"), RetryLaterError("It is busy")])
def test_who_comes_second_and_sees_nothing_fails_no_job_that_goes_on(world: World, error: Exception) -> None:
    """Delivered twice: the first has unfolded the job and taken the photo away while the second was about to look."""

    def look(item: Any, tell: Tell) -> Contents:
        world.run(lambda item, tell: spines(2))
        raise error

    assert Outcome.DONE is world.run(look, last=True)
    assert (Status.RUNNING, 2) == (world.job.status, world.job.total_items)
    assert ["progress"] == [frame["type"] for frame in world.management.received["a"]]


def test_nothing_in_it_is_a_job_of_no_items_that_can_end(world: World) -> None:
    """A photo without books is no error."""
    world.run(lambda item, tell: spines(0))

    assert world.lifecycle.finish_if_done(world.job)
    assert (Status.COMPLETED, 0) == (world.job.status, world.job.total_items)


def test_what_cannot_be_looked_into_fails_the_job(world: World) -> None:
    """With the reason, told to the watchers; the message is done with."""

    def look(item: Any, tell: Tell) -> Contents:
        raise CannotUnfoldError("The photo is damaged")

    assert Outcome.ENDED is world.run(look)

    assert (Status.FAILED, "The photo is damaged") == (world.job.status, world.job.error)
    assert ["progress", "error"] == [frame["type"] for frame in world.management.received["a"]]
    assert 1 == len(world.cleaned)


@pytest.mark.parametrize(
    ("last", "outcome", "status"),
    [(False, Outcome.RETRY, Status.RUNNING), (True, Outcome.ENDED, Status.FAILED)],
)
def test_what_fails_in_passing_is_tried_again_until_the_last_attempt(
    world: World, last: bool, outcome: Outcome, status: Status
) -> None:
    """A model that is busy now may answer later; what it needs is kept until then."""

    def look(item: Any, tell: Tell) -> Contents:
        raise RetryLaterError("the model is busy")

    assert outcome is world.run(look, last=last)
    assert status is world.job.status
    if not last:
        assert world.job.current_status.startswith("the model is busy; trying again in ")
    assert int(last) == len(world.cleaned)


def test_what_is_found_at_the_last_attempt_has_all_attempts_before_it(world: World) -> None:
    """A model that was busy four times must not cost the books their own retries: their chunk is sent anew."""
    assert Outcome.HAND_ON is world.run(lambda item, tell: spines(60), last=True)

    assert (60, False) == (world.job.total_items, world.job.unfolds)
    assert [1, 2] == world.sent.chunks
    assert 1 == len(world.cleaned)


def test_a_long_look_shows_that_it_lives(world: World) -> None:
    """Frames with the seconds so far, as long as it lasts."""
    again = threading.Event()

    def look(item: Any, tell: Tell) -> Contents:
        tell("Reading the photo")
        while len(world.shown) < 3:
            again.wait(0.01)
        return spines(1)

    world.run(look, keep_alive=0.02)

    assert "Reading the photo" == world.shown[0][1]
    assert all(text.startswith("Reading the photo (") for _, text in world.shown[1:-1])
    assert "Found 1 spines" == world.shown[-1][1]


def test_a_job_that_ended_meanwhile_is_left_alone(world: World) -> None:
    """Cancelled while the photo was read: nothing is unfolded."""

    def look(item: Any, tell: Tell) -> Contents:
        world.lifecycle.cancel(world.job)
        return spines(5)

    world.run(look)

    assert (Status.CANCELLED, 1) == (world.job.status, world.job.total_items)
    assert [] == world.sent.chunks


def test_the_watchdog_ends_no_job_whose_items_are_not_known(world: World) -> None:
    """Nothing is counted, and nothing is known to be missing: that is not the end."""
    assert not world.lifecycle.finish_if_done(world.job)
    assert Status.RUNNING is world.job.status
    assert [(0, 0)] == [(chunk.number, chunk.counted) for chunk in world.jobs.chunks(world.job)]
