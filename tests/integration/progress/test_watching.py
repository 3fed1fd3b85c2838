"""From a commit to every watcher: connections, push, stream, and the race between connecting and listening."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from progress.connections import Connection, Connections
from progress.job import Job, Status, Totals, hash_request
from progress.jobs import Jobs
from progress.push import Pusher
from progress.stream import Stream
from tests.fakes import ENDPOINT, Clock, Management
from tests.interleavings import Orders
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture
def management() -> Management:
    return Management()


@pytest.fixture
def pusher(connections: Connections, management: Management, clock: Clock) -> Pusher:
    return Pusher(
        connections,
        management,
        clock=clock,
        sleep=lambda seconds: clock.advance(seconds=seconds),
        patience_seconds=2,
    )


@pytest.fixture
def new_stream(jobs: Jobs, connections: Connections, pusher: Pusher, clock: Clock) -> Callable[[], Stream]:
    def make() -> Stream:
        return Stream(
            jobs, connections, pusher, clock=clock, sleep=lambda seconds: clock.advance(seconds=seconds)
        )

    return make


def connect(connections: Connections, clock: Clock, name: str, *, principal: str = "") -> Connection:
    connection = Connection(
        connection_id=name, endpoint=ENDPOINT, principal=principal, connected_at=clock.now, job_id=JOB_ID
    )
    connections.open(connection, origin=None)
    return connection


def watching(connections: Connections, jobs: Jobs, clock: Clock, *names: str) -> list[Connection]:
    made = [connect(connections, clock, name) for name in names]
    for connection in made:
        connections.subscribe(connection, JOB_ID)
        jobs.watch(JOB_ID)
    clock.advance(seconds=10)
    return made


def running(jobs: Jobs, *, owner: str = "", total: int = 10) -> Job:
    items = [{"workId": f"w{number}"} for number in range(total)]
    jobs.create(
        JOB_ID,
        kind="enrichment",
        total_items=total,
        request_hash=hash_request("", items),
        owner=owner,
        traceparent=None,
    )
    job = jobs.launch(JOB_ID)
    assert job is not None
    return job


def show(stream: Stream, job: Job, processed: int) -> None:
    stream.show(job, Totals(processed=processed), text="Enriching", work_id=None, window_ms=0)


def test_show_reaches_every_watcher(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """Many devices may watch one job."""
    job = running(jobs)
    watching(connections, jobs, clock, "a=", "b=", "c=")

    show(new_stream(), job, 3)

    assert {"a=": [3], "b=": [3], "c=": [3]} == {
        name: [frame["data"]["processedItems"] for frame in frames]
        for name, frames in management.received.items()
    }


def test_show_forgets_a_connection_that_is_gone_and_reaches_the_others(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """A dead connection costs one failed post: its own rows are deleted, nobody else's."""
    job = running(jobs)
    watching(connections, jobs, clock, "dead=", "alive=")
    management.refuse("dead=", [410], forever=True)
    stream = new_stream()

    show(stream, job, 1)
    posts = management.posts
    show(stream, job, 2)

    assert posts + 1 == management.posts
    assert [1, 2] == [frame["seq"] for frame in management.received["alive="]]
    assert None is connections.get("dead=")
    assert ["alive="] == [watcher.connection_id for watcher in connections.watchers(JOB_ID, owner="")]


def test_show_keeps_a_young_connection_that_answers_410(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """Until its $connect has returned, a connection answers 410 as a dead one does."""
    job = running(jobs)
    (young,) = watching(connections, jobs, clock, "young=")
    clock.now = young.connected_at + 1_000
    management.refuse("young=", [410])

    show(new_stream(), job, 1)
    show(new_stream(), job, 2)

    assert [2] == [frame["seq"] for frame in management.received["young="]]


@pytest.mark.parametrize("status", [429, 500, 503, 0], ids=["busy", "broken", "unavailable", "timeout"])
def test_show_drops_a_frame_that_a_slow_client_cannot_take(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
    status: int,
) -> None:
    """The next frame says more, so none is worth waiting for; the connection is kept."""
    job = running(jobs)
    watching(connections, jobs, clock, "slow=")
    management.refuse("slow=", [status])

    show(new_stream(), job, 1)
    show(new_stream(), job, 2)

    assert [2] == [frame["seq"] for frame in management.received["slow="]]


def test_announce_tries_a_busy_client_again(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """The terminal frame must arrive."""
    running(jobs)
    watching(connections, jobs, clock, "slow=")
    management.refuse("slow=", [429, 0, 503])

    ended = jobs.finish(JOB_ID, Status.COMPLETED, Totals(processed=10), text="Finished")
    assert ended is not None
    new_stream().announce(ended)

    assert ["complete"] == [frame["type"] for frame in management.received["slow="]]
    job = jobs.get(JOB_ID)
    assert job is not None
    assert job.announced


def test_announce_tells_a_failure_twice_for_apps_of_the_first_protocol(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """They know it by `data.error` of a progress frame."""
    running(jobs)
    watching(connections, jobs, clock, "app=")

    ended = jobs.finish(JOB_ID, Status.FAILED, Totals(processed=4), text="Failed", error="no provider")
    assert ended is not None
    new_stream().announce(ended)

    assert [("progress", 1, "no provider"), ("error", 2, "no provider")] == [
        (frame["type"], frame["seq"], frame["data"]["error"]) for frame in management.received["app="]
    ]


def test_watchers_of_somebody_elses_job_see_nothing(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """Whoever subscribes to an id before its owner takes it gains nothing."""
    thief = connect(connections, clock, "thief=", principal="mallory")
    connections.subscribe(thief, JOB_ID)
    job = running(jobs, owner="alice")

    show(new_stream(), job, 1)

    assert {} == management.received


def test_a_device_that_does_not_answer_holds_up_no_other(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """Nobody waits for its post, and it is sent nothing more until that one is through."""
    job = running(jobs)
    names = [f"{number}=" for number in range(20)]
    watching(connections, jobs, clock, "hung=", *names)
    stream = new_stream()
    with management.hanging("hung="):
        for processed in (1, 2, 3):
            show(stream, job, processed)
        received = {name: [frame["seq"] for frame in management.received[name]] for name in names}

    assert {name: [1, 2, 3] for name in names} == received
    wait_until(lambda: [1] == [frame["seq"] for frame in management.received.get("hung=", [])])


def test_a_terminal_frame_follows_what_is_still_under_way(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """To a slow device it comes after the frame before it, and it comes."""
    job = running(jobs)
    watching(connections, jobs, clock, "slow=", "quick=")
    stream = new_stream()
    with management.hanging("slow="):
        show(stream, job, 1)
        ended = jobs.finish(JOB_ID, Status.COMPLETED, Totals(processed=10), text="Finished")
        assert ended is not None
        announcing = threading.Thread(target=stream.announce, args=(ended,))
        announcing.start()
        wait_until(lambda: 2 == len(management.received["quick="]))
    announcing.join()

    assert ["progress", "complete"] == [frame["type"] for frame in management.received["slow="]]


def test_each_watcher_has_its_own_encoding(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
) -> None:
    """Who did not ask for compact frames never sees one."""
    job = running(jobs)
    connections.subscribe(connect(connections, clock, "full="), JOB_ID)
    alias = connections.subscribe(connect(connections, clock, "compact="), JOB_ID, compact=True)
    jobs.watch(JOB_ID)
    stream = new_stream()

    show(stream, job, 4)
    ended = jobs.finish(JOB_ID, Status.FAILED, Totals(processed=4), text="Failed", error="no provider")
    assert ended is not None
    stream.announce(ended)

    assert ["progress", "progress", "error"] == [frame["type"] for frame in management.received["full="]]
    assert [(alias, 1, 4, None), (alias, 3, 4, "error")] == [
        (frame.get("j", 1), frame["s"], frame["n"], frame.get("k"))
        for frame in management.received["compact="]
    ]


class Race:
    """A late subscriber, and a publisher that shows the state under `seq` 2; each in its steps."""

    def __init__(self, jobs: Jobs, connections: Connections, clock: Clock, stream: Stream) -> None:
        self.jobs = jobs
        self.connections = connections
        self.clock = clock
        self.stream = stream
        self.seen: list[int] = []
        self.connection = connect(connections, clock, "late=")

    def write_the_row(self) -> None:
        self.connections.subscribe(self.connection, JOB_ID)

    def read_the_job(self) -> None:
        job = self.jobs.watch(JOB_ID)
        assert job is not None
        self.seen.append(job.seq)

    def subscribe(self) -> None:
        self.write_the_row()
        self.read_the_job()

    def subscribe_wrongly(self) -> None:
        self.read_the_job()
        self.write_the_row()

    def publish(self) -> None:
        job = self.jobs.get(JOB_ID)
        assert job is not None
        show(self.stream, job, 2)

    def publish_wrongly(self) -> None:
        """The list first, then the commit."""
        job = self.jobs.get(JOB_ID)
        assert job is not None
        listed = self.connections.watchers(JOB_ID, owner="")
        emission = self.jobs.emit(JOB_ID, Totals(processed=2), text="Enriching", work_id=None, window_ms=0)
        shown = emission.shown
        assert shown is not None
        self.seen += [shown.seq for watcher in listed if watcher.connection_id == "late="]

    def end(self) -> None:
        ended = self.jobs.finish(JOB_ID, Status.COMPLETED, Totals(processed=10), text="Finished")
        assert ended is not None
        self.stream.announce(ended)


RACES: dict[str, tuple[Callable[[Race], None], Callable[[Race], None], bool]] = {
    "a progress frame": (Race.subscribe, Race.publish, True),
    "the terminal frame": (Race.subscribe, Race.end, True),
    "a subscriber that reads first misses": (Race.subscribe_wrongly, Race.publish, False),
    "a publisher that looks first misses": (Race.subscribe, Race.publish_wrongly, False),
}


@pytest.mark.parametrize("dynamodb", ["moto"], indirect=True)
@pytest.mark.parametrize("cached", [False, True], ids=["", "a list that was read before"])
@pytest.mark.parametrize("race", RACES)
def test_nothing_is_missed_between_connecting_and_listening(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
    dynamodb: DynamoDBClient,
    race: str,
    cached: bool,
) -> None:
    """In every order of the subscriber's and the publisher's requests to the table, the subscriber has the newest state
    in the end, from its snapshot or from a frame. With either side's two steps the other way round it has not."""
    subscribe, publish, holds = RACES[race]
    orders = Orders(dynamodb)
    missed = []
    for number in orders:
        job = running(jobs)
        stream = new_stream()
        connections.subscribe(connect(connections, clock, "early="), JOB_ID)
        jobs.watch(JOB_ID)
        if cached:
            show(stream, job, 1)
        management.received.clear()
        sides = Race(jobs, connections, clock, stream)
        clock.advance(seconds=1)
        orders.run(partial(subscribe, sides), partial(publish, sides))
        newest = jobs.get(JOB_ID)
        assert newest is not None
        sides.seen += [frame["seq"] for frame in management.received.get("late=", [])]
        if newest.seq not in sides.seen:
            missed.append(number)
        forget(jobs, connections)

    assert holds == (not missed)


@pytest.mark.parametrize("dynamodb", ["moto"], indirect=True)
def test_who_listens_before_the_job_is_there_misses_nothing(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
    dynamodb: DynamoDBClient,
) -> None:
    """In every order of a subscription and of the start and the first frame of its job."""
    orders = Orders(dynamodb)
    for number in orders:
        management.received.clear()
        connection = connect(connections, clock, "late=")
        seen: list[int] = []

        def subscribe(connection: Connection = connection, seen: list[int] = seen) -> None:
            connections.subscribe(connection, JOB_ID)
            job = jobs.watch(JOB_ID)
            seen += [job.seq] if job is not None else []

        def start_and_show() -> None:
            show(new_stream(), running(jobs), 1)

        orders.run(subscribe, start_and_show)
        seen += [frame["seq"] for frame in management.received.get("late=", [])]
        assert 1 == max(seen), f"order {number}"
        forget(jobs, connections)


def forget(jobs: Jobs, connections: Connections) -> None:
    """The job and its watchers, for the next order."""
    for name in ("early=", "late="):
        connections.remove(name, JOB_ID)
    jobs._table.delete(f"JOB#{JOB_ID}", "META")
