"""Whoever ends a job, and whatever happens at the same time: one end, one terminal frame, a record that is true.

Each race is run in every order that the table requests of its sides can take.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from progress.connections import Connection, Connections
from progress.job import ItemResult, ItemStatus, Job, Status, hash_request
from progress.jobs import Jobs
from progress.lifecycle import Lifecycle
from progress.push import Pusher
from progress.stream import Stream
from tests.fakes import ENDPOINT, Clock, Management
from tests.interleavings import Orders

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.parametrize("dynamodb", ["moto"], indirect=True)

TERMINAL = ("complete", "error", "cancelled")
FOUND = ItemResult(status=ItemStatus.FOUND, label="Enriching: Emma")
FAILED = ItemResult(status=ItemStatus.FAILED, label="Failed: Emma", detail={"error": "it broke"})


class Sent:
    """Queues that only remember."""

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def send_chunks(self, job: Job, chunks: Any) -> None:
        self.chunks += chunks


class World:
    """A running job of three items, two of them counted, with one watcher."""

    def __init__(self, jobs: Jobs, connections: Connections, clock: Clock, *, unfolds: bool = False) -> None:
        self.jobs = jobs
        self.management = Management()
        self.job_id = str(uuid.uuid4())
        self.sent = Sent()
        self._connections = connections
        self._pusher = Pusher(connections, self.management, clock=clock, sleep=lambda _: None)
        self._clock = clock
        items = [{"workId": f"w{number}"} for number in range(1 if unfolds else 3)]
        request_hash = hash_request("", items)
        jobs.store_input(self.job_id, request_hash, items)
        jobs.create(
            self.job_id,
            kind="enrichment",
            total_items=len(items),
            request_hash=request_hash,
            owner="",
            traceparent=None,
            unfolds=unfolds,
        )
        connection = Connection(connection_id="a", endpoint=ENDPOINT, principal="", connected_at=clock.now)
        connections.open(connection, origin=None)
        connections.subscribe(connection, self.job_id)
        jobs.watch(self.job_id)
        jobs.launch(self.job_id)
        if not unfolds:
            jobs.record(self.job_id, 0, "w0", FOUND)
            jobs.record(self.job_id, 1, "w1", FAILED)
        self.seen = self.job

    @property
    def job(self) -> Job:
        found = self.jobs.get(self.job_id)
        assert found is not None
        return found

    def stream(self) -> Stream:
        """As each invocation has one of its own."""
        return Stream(self.jobs, self._connections, self._pusher, clock=self._clock, sleep=lambda _: None)

    def lifecycle(self) -> Lifecycle:
        return Lifecycle(self.jobs, self._connections, self.stream(), self.sent, ready_timeout_seconds=5)  # type: ignore[arg-type]

    def cancel(self) -> None:
        assert self.lifecycle().cancel(self.seen).status.terminal

    def fail(self) -> None:
        self.lifecycle().fail(self.seen, error="No progress")

    def complete(self) -> None:
        """The worker that has the last item."""
        self.jobs.record(self.job_id, 2, "w2", FOUND)
        self.lifecycle().finish_if_done(self.seen)

    def show(self) -> None:
        """A worker's frame."""
        totals = self.jobs.totals(self.job_id)
        self.stream().show(self.seen, totals, text="Enriching", work_id=None, window_ms=0)

    def unfold(self) -> None:
        lifecycle, stream = self.lifecycle(), self.stream()
        unfolded = stream.unfold(self.seen, [{"workId": f"spine-{n}"} for n in range(30)], text="Found 30")
        if unfolded is not None:
            lifecycle.dispatch(unfolded, range(1, unfolded.chunks))

    def check(self) -> Status:
        """One end, told once, and true."""
        job = self.job
        assert job.status.terminal
        frames = self.management.received["a"]
        assert 1 == sum(frame["type"] in TERMINAL for frame in frames)
        numbers = [frame["seq"] for frame in frames]
        assert job.seq == max(numbers)
        assert len(set(numbers)) == len(numbers)
        rows = list(self.jobs.results(job, after=None, limit=100))
        assert job.processed_items == len(rows)
        assert job.failed_items == sum(row["status"] == "failed" for row in rows)
        return job.status


@pytest.fixture
def orders(dynamodb: DynamoDBClient) -> Orders:
    # Who watches is asked, and the announcement noted, when the end is written already.
    return Orders(dynamodb, ignoring=[b"CONN#", b"announced"])


@pytest.mark.parametrize(
    ("one", "other", "ends"),
    [
        ("cancel", "complete", {Status.CANCELLED, Status.COMPLETED}),
        ("fail", "complete", {Status.FAILED, Status.COMPLETED}),
        ("cancel", "fail", {Status.CANCELLED, Status.FAILED}),
        ("cancel", "cancel", {Status.CANCELLED}),
        ("complete", "complete", {Status.COMPLETED}),
        ("cancel", "show", {Status.CANCELLED}),
    ],
)
def test_of_two_that_end_a_job_one_does_in_whatever_order(
    orders: Orders,
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    one: str,
    other: str,
    ends: set[Status],
) -> None:
    """One terminal record and one terminal frame; the results are exactly what the record counts."""
    seen = set()
    for _ in orders:
        world = World(jobs, connections, clock)
        orders.run(getattr(world, one), getattr(world, other))
        seen.add(world.check())

    assert ends == seen


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_a_job_that_is_ended_while_it_unfolds_is_ended_or_goes_on(
    orders: Orders, jobs: Jobs, connections: Connections, clock: Clock, end: str
) -> None:
    """Cancelled, it sends no chunk after its end; and a failure to look into it is nothing where another could."""
    seen = set()
    for _ in orders:
        world = World(jobs, connections, clock, unfolds=True)
        orders.run(getattr(world, end), world.unfold)
        job = world.job
        seen.add((job.status, job.total_items))
        if job.status.terminal:
            world.check()
        else:
            assert [1] == world.sent.chunks

    if end == "cancel":
        assert {(Status.CANCELLED, 1), (Status.CANCELLED, 30)} == seen
    else:
        assert {(Status.FAILED, 1), (Status.RUNNING, 30)} == seen


def test_what_is_counted_after_the_end_is_in_no_result(
    jobs: Jobs, connections: Connections, clock: Clock
) -> None:
    """A worker finishes what it has begun; the record does not change any more, so the results do not either."""
    world = World(jobs, connections, clock)
    world.cancel()

    assert jobs.record(world.job_id, 2, "w2", FOUND)

    assert (2, 1) == (world.job.processed_items, world.job.failed_items)
    assert ["w0", "w1"] == [row["workId"] for row in jobs.results(world.job, after=None, limit=10)]
    assert ["w1"] == [row["workId"] for row in jobs.results(world.job, after=0, limit=10)]


def test_results_that_are_left_out_do_not_shorten_a_page(
    jobs: Jobs, connections: Connections, clock: Clock
) -> None:
    """A page is full as long as there is more, so that nobody takes a short one for the last."""
    world = World(jobs, connections, clock)
    jobs.finish(world.job_id, Status.CANCELLED, jobs.totals(world.job_id), counted=0b110, text="Cancelled")
    jobs.record(world.job_id, 2, "w2", FOUND)

    assert ["w1", "w2"] == [row["workId"] for row in jobs.results(world.job, after=None, limit=2)]
    assert ["w1"] == [row["workId"] for row in jobs.results(world.job, after=None, limit=1)]
