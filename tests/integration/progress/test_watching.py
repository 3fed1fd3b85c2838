"""From a commit to every watcher: connections, push, stream, and the race between connecting and listening."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from progress.connections import Connection, Connections
from progress.job import Job, Status, Totals, hash_request
from progress.jobs import Jobs
from progress.protocol import state_frame
from progress.push import Pusher
from progress.stream import Stream
from tests.fakes import ENDPOINT, Clock, Management

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture
def management() -> Management:
    return Management()


@pytest.fixture
def pusher(connections: Connections, management: Management, clock: Clock) -> Pusher:
    return Pusher(connections, management, clock=clock, sleep=lambda seconds: clock.advance(seconds=seconds))


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


def show(stream: Stream, job: Job, processed: int) -> Job | None:
    return stream.show(job, Totals(processed=processed), text="Enriching", work_id=None, window_ms=0)


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


STEPS = ("S1", "S2", "P1", "P2")


@pytest.mark.parametrize(
    "order",
    [order for order in itertools.permutations(STEPS) if order.index("S1") < order.index("S2")],
    ids="-".join,
)
def test_nothing_is_missed_between_connecting_and_listening(
    jobs: Jobs,
    connections: Connections,
    clock: Clock,
    management: Management,
    new_stream: Callable[[], Stream],
    order: tuple[str, ...],
) -> None:
    """In whichever order two states are shown (P1, P2) around a subscription (S1 row, S2 read), the subscriber
    has the newest of them in the end, from its snapshot or from a frame."""
    running(jobs)
    connection = connect(connections, clock, "late=")
    stream = new_stream()
    counts = iter((1, 2))
    seen: list[int] = []

    def subscriber_reads() -> None:
        job = jobs.watch(JOB_ID)
        assert job is not None
        seen.append(state_frame(job, clock()).seq)

    def publisher_shows() -> None:
        clock.advance(seconds=1)
        job = jobs.get(JOB_ID)
        assert job is not None
        show(stream, job, next(counts))

    steps = {
        "S1": lambda: connections.subscribe(connection, JOB_ID),
        "S2": subscriber_reads,
        "P1": publisher_shows,
        "P2": publisher_shows,
    }
    for step in order:
        steps[step]()

    seen += [frame["seq"] for frame in management.received.get("late=", [])]
    assert 2 == max(seen)


def test_remove_leaves_no_row_of_a_connection_behind(
    jobs: Jobs, connections: Connections, clock: Clock
) -> None:
    """After $disconnect nothing of the connection is left, whatever it watched."""
    running(jobs)
    connection = connect(connections, clock, "a=")
    other = "550e8400-e29b-41d4-a716-446655440001"
    for job_id in (JOB_ID, other):
        connections.subscribe(connection, job_id)

    connections.remove(["a=", "never-there="])

    assert [] == connections.watchers(JOB_ID, owner="") + connections.watchers(other, owner="")
    assert None is connections.get("a=")
    assert [] == list(connections._table.query("CONN#a=", "JOB#"))


def test_acknowledge_keeps_the_newest_number(jobs: Jobs, connections: Connections, clock: Clock) -> None:
    """Acks may overtake each other, and one for a job that is not watched is ignored."""
    connection = connect(connections, clock, "a=")
    connections.subscribe(connection, JOB_ID)

    for seq in (3, 9, 5):
        connections.acknowledge("a=", JOB_ID, seq)
    connections.acknowledge("stranger=", JOB_ID, 1)

    rows = list(connections._table.query(f"JOB#{JOB_ID}", "CONN#"))
    assert [("CONN#a=", 9)] == [(row["sk"], row["ackedSeq"]) for row in rows]
