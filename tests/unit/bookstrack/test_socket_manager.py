"""One socket for all jobs: who is followed on it, what keeps it alive, and what takes its place."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from bookstrack import Update, WebSocketProgressManager, socket_manager
from tests.unit.bookstrack.played import Line, Played, playing, state
from tests.waiting import until

ONE, TWO, THREE = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


@pytest.fixture
async def server() -> AsyncIterator[Played]:
    async with playing() as played:
        yield played


Managing = Callable[..., WebSocketProgressManager]


@pytest.fixture
async def managing(server: Played) -> AsyncIterator[Managing]:
    """Makes managers that wait for nothing."""
    made: list[WebSocketProgressManager] = []

    def make(**options: Any) -> WebSocketProgressManager:
        options.setdefault("uniform", lambda low, high: 0.0)
        made.append(WebSocketProgressManager(f"{server.url}/ws/progress".replace("http", "ws"), **options))
        return made[-1]

    yield make
    for manager in made:
        await manager.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acknowledges every state, and unsubscribes at once."""
    monkeypatch.setattr(socket_manager, "ACK_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(socket_manager, "PARTING_SECONDS", 0.0)


def closed_with(line: Line) -> int | None:
    return line.socket.close_code


async def test_all_jobs_share_one_socket(server: Played, managing: Managing) -> None:
    """The first is named in the URL and by `ready`, which servers of the first protocol know; the others subscribe."""
    manager, seen = managing(), list[Update]()
    watches = [manager.follow(job_id, seen.append) for job_id in (ONE, TWO)]
    await until(lambda: all(watch.listening.is_set() for watch in watches))
    watches.append(manager.follow(THREE, seen.append))
    await until(watches[2].listening.is_set)
    (line,) = server.lines
    for job_id in (THREE, ONE, TWO):
        await line.send(**state(job_id, 1))
    await until(lambda: len(seen) == 3)

    assert [THREE, ONE, TWO] == [update.job_id for update in seen]
    assert {"jobId": ONE} == line.query
    assert [("ready", ONE), ("subscribe", TWO), ("subscribe", THREE)] == [
        (frame["type"], frame["jobId"]) for frame in line.heard
    ]


async def test_a_server_of_the_first_protocol_is_enough_for_one_job(
    server: Played, managing: Managing
) -> None:
    """Its `ready_ack` names no job: it is the one that the URL named."""
    server.deaf = True
    watch = managing().follow(ONE, lambda update: None)
    await until(lambda: server.lines and server.lines[0].heard)
    await server.lines[0].send(type="ready_ack", timestamp=1)

    await until(watch.listening.is_set)


async def test_a_job_that_has_ended_is_acknowledged_and_let_go(
    server: Played, managing: Managing, impatient: None
) -> None:
    """In this order; the socket stays for the others."""
    manager = managing()
    manager.follow(ONE, lambda update: None)
    other = manager.follow(TWO, lambda update: None)
    await until(other.listening.is_set)
    (line,) = server.lines
    await line.send(**state(ONE, 7, "complete"))
    await until(lambda: line.of("unsubscribe"))

    assert [
        {"type": "ack", "jobId": ONE, "seq": 7},
        {"type": "unsubscribe", "jobId": ONE},
    ] == line.heard[2:]
    assert None is closed_with(line)


async def test_a_job_is_let_go_when_the_last_who_follows_it_goes(
    server: Played, managing: Managing, impatient: None
) -> None:
    """Whoever comes second is shown the newest state at once, from what is known."""
    manager, first, second = managing(), list[Update](), list[Update]()
    watch = manager.follow(ONE, first.append)
    await until(watch.listening.is_set)
    (line,) = server.lines
    await line.send(**state(ONE, 1))
    await until(lambda: first)
    manager.follow(ONE, second.append)
    assert first == second

    manager.unfollow(watch, first.append)
    await line.send(**state(ONE, 2))
    await until(lambda: len(second) == 2)
    assert [] == line.of("unsubscribe")
    manager.unfollow(watch, second.append)
    await until(lambda: line.of("unsubscribe"))
    assert 1 == len(first)


async def test_a_socket_that_nobody_needs_is_closed_at_the_next_heartbeat(
    server: Played, managing: Managing
) -> None:
    """And the next job opens another."""
    server.heartbeat = 0.05
    manager = managing()
    watch = manager.follow(ONE, print)
    await until(watch.listening.is_set)
    manager.unfollow(watch, print)

    await until(lambda: closed_with(server.lines[0]) == 1000)
    watch = manager.follow(TWO, print)
    await until(watch.listening.is_set)
    assert [{"jobId": ONE}, {"jobId": TWO}] == [line.query for line in server.lines]


async def test_progress_is_acknowledged_now_and_then_and_the_end_at_once(
    server: Played, managing: Managing
) -> None:
    """Ten states in a moment are not worth ten answers."""
    manager, seen = managing(), list[Update]()
    await until(manager.follow(ONE, seen.append).listening.is_set)
    (line,) = server.lines
    for seq in range(1, 11):
        await line.send(**state(ONE, seq))
    await line.send(**state(ONE, 11, "cancelled"))
    await until(lambda: line.of("ack"))

    assert [11] == [frame["seq"] for frame in line.of("ack")]
    assert 11 == len(seen)


async def test_compact_states_are_asked_for_by_whoever_wants_them(server: Played, managing: Managing) -> None:
    """Each subscription has its alias; a server that knows full states alone is understood."""
    manager, seen = managing(encoding="compact"), list[Update]()
    watches = [manager.follow(job_id, seen.append) for job_id in (ONE, TWO)]
    await until(lambda: all(watch.listening.is_set() for watch in watches))
    (line,) = server.lines
    await line.send(j=1, s=1, n=2, x="one", t=4)
    await line.send(j=1, s=2, n=3, f=1, x="two", e=7, t=4)
    await line.send(j=0, s=5, n=2, x="other", t=2)
    await line.send(**state(TWO, 3, "complete", processed=4, total=4))
    await until(lambda: len(seen) == 4)

    assert [
        (TWO, 1, 0.5, "one", None),
        (TWO, 2, 0.75, "two", 7.0),
        (ONE, 5, 1.0, "other", None),
        (TWO, 3, 0.0, "state 3", None),
    ] == [(update.job_id, update.seq, update.progress, update.current_status, update.eta) for update in seen]
    assert {"compact"} == {frame["encoding"] for frame in line.of("ready") + line.of("subscribe")}


async def test_every_interval_of_acknowledgements_has_one(
    server: Played, managing: Managing, impatient: None
) -> None:
    """Here an interval is nothing."""
    manager = managing()
    await until(manager.follow(ONE, print).listening.is_set)
    (line,) = server.lines
    for seq in (1, 2):
        await line.send(**state(ONE, seq))

    await until(lambda: [1, 2] == [frame["seq"] for frame in line.of("ack")])


async def test_a_server_that_answers_no_ping_is_dead(server: Played, managing: Managing) -> None:
    """Two and a half intervals without a frame: another connection, which says what is known already."""
    server.heartbeat = 0.1
    manager, seen = managing(), list[Update]()
    watch = manager.follow(ONE, seen.append)
    await until(watch.listening.is_set)
    await server.lines[0].send(**state(ONE, 4))
    await until(lambda: seen)
    server.lines[0].deaf = True

    await until(lambda: len(server.lines) == 2 and watch.listening.is_set())
    assert server.lines[0].of("ping")
    assert [4] == [frame.get("after") for frame in server.lines[-1].of("ready")]
    assert 1006 == closed_with(server.lines[0])


async def test_a_server_that_answers_pings_lives_though_it_shows_nothing(
    server: Played, managing: Managing
) -> None:
    """A job may have no news for long."""
    server.heartbeat = 0.05
    watch = managing().follow(ONE, print)
    await until(watch.listening.is_set)
    await until(lambda: len(server.lines[0].of("ping")) > 10)

    assert 1 == len(server.lines)


async def shows(line: Line, seq: int, seen: list[int]) -> None:
    """The server shows a state there, and the client takes it."""
    await line.send(**state(ONE, seq))
    await until(lambda: seq in seen)


async def goes_away(server: Played, seq: int, seen: list[int]) -> None:
    """The newest connection goes away. The next one shows the jobs only after a state has come on the old one."""
    old = server.lines[-1]
    server.deaf = True
    await old.send(type="going_away", timestamp=1, reconnectWithinMs=1000)
    await until(lambda: server.lines[-1] is not old and len(server.lines[-1].heard) == 2)
    await shows(old, seq, seen)
    assert None is closed_with(old)
    server.deaf = False
    for frame in server.lines[-1].heard:
        assert {ONE: seq - 1}.get(frame["jobId"]) == frame.get("after")
        await server.show(server.lines[-1], frame)
    await until(lambda: closed_with(old) == 1000)


async def test_a_connection_that_goes_away_is_replaced_before_it_is_closed(
    server: Played, managing: Managing
) -> None:
    """Three times in one job: no state is missed, none comes twice, and each old socket is closed with 1000."""
    manager, seen = managing(), list[int]()
    watches = [manager.follow(job_id, lambda update: seen.append(update.seq)) for job_id in (ONE, TWO)]
    await until(lambda: all(watch.listening.is_set() for watch in watches))
    for rollover in range(3):
        await shows(server.lines[-1], 2 * rollover + 1, seen)
        await goes_away(server, 2 * rollover + 2, seen)
        assert all(watch.listening.is_set() for watch in watches)
    await shows(server.lines[-1], 7, seen)

    assert list(range(1, 8)) == seen
    assert 4 == len(server.lines)


async def test_what_both_connections_show_during_a_rollover_comes_once(
    server: Played, managing: Managing
) -> None:
    """Once the new one shows a job, the old one is not heard on it."""
    manager, seen = managing(), list[int]()
    watch = manager.follow(ONE, lambda update: seen.append(update.seq))
    other = manager.follow(TWO, print)
    await until(lambda: watch.listening.is_set() and other.listening.is_set())
    (old,) = server.lines
    server.most_jobs = 1  # the second job stays with the old one
    await old.send(type="going_away", timestamp=1, reconnectWithinMs=1000)
    await until(lambda: len(server.lines) == 2 and server.lines[1].jobs == [ONE])
    for seq in (1, 1):
        await server.lines[1].send(**state(ONE, seq))
    await until(lambda: seen)
    for seq in (1, 2):
        await old.send(**state(ONE, seq))
    await old.send(**state(TWO, 1))
    await until(lambda: other.latest)

    assert [1] == seen
    assert None is closed_with(old)


async def test_a_job_over_the_bound_of_a_socket_does_without_until_there_is_room(
    server: Played, managing: Managing, impatient: None
) -> None:
    """It is told so at once, and asked for again with the next heartbeat."""
    server.most_jobs, server.heartbeat = 1, 0.1
    manager = managing()
    one, two = manager.follow(ONE, print), manager.follow(TWO, print)
    await until(two.unserved.is_set)
    assert (True, False) == (one.listening.is_set(), two.listening.is_set())

    await server.lines[0].send(**state(ONE, 1, "complete"))
    await until(two.listening.is_set)
    assert not two.unserved.is_set()
    assert 1 == len(server.lines)


async def test_a_subscription_that_was_lost_is_made_again(server: Played, managing: Managing) -> None:
    """API Gateway may have throttled it: with the next heartbeat."""
    server.heartbeat = 0.1
    manager = managing()
    await until(manager.follow(ONE, print).listening.is_set)
    server.deaf = True
    two = manager.follow(TWO, print)
    await until(lambda: server.lines[0].of("subscribe"))
    await server.lines[0].send(message="Too Many Requests", connectionId="x", requestId="y")
    server.deaf = False

    await until(two.listening.is_set)
    assert 1 == len(server.lines)


async def test_a_ready_that_the_gateway_refuses_is_said_on_another_connection(
    server: Played, managing: Managing
) -> None:
    """Its function failed: nothing would ever come on this one."""
    server.deaf = True
    watch = managing().follow(ONE, print)
    await until(lambda: server.lines and server.lines[0].heard)
    server.deaf = False
    await server.lines[0].send(message="Internal server error", connectionId="x", requestId="y")

    await until(watch.listening.is_set)
    assert 2 == len(server.lines)


@pytest.mark.parametrize("code", [1001, 1011, 1012, 4000])
async def test_a_connection_that_the_server_closes_in_passing_is_replaced(
    server: Played, managing: Managing, code: int
) -> None:
    """With all its jobs."""
    manager = managing()
    watches = [manager.follow(job_id, print) for job_id in (ONE, TWO)]
    await until(lambda: all(watch.listening.is_set() for watch in watches))
    await server.lines[0].socket.close(code=code)

    await until(lambda: len(server.lines) == 2 and len(server.lines[1].jobs) == 2)


@pytest.mark.parametrize("code", [1003, 1008, 3000, 4500])
async def test_after_a_close_for_good_the_record_is_left(
    server: Played, managing: Managing, code: int
) -> None:
    """Until another job is followed: that tries the socket anew, for all."""
    manager = managing()
    one = manager.follow(ONE, print)
    await until(one.listening.is_set)
    await server.lines[0].socket.close(code=code)
    await until(one.unserved.is_set)
    assert not one.listening.is_set()

    two = manager.follow(TWO, print)
    await until(lambda: one.listening.is_set() and two.listening.is_set())
    assert 2 == len(server.lines)


async def test_a_throttled_upgrade_is_tried_again_when_the_server_said(
    server: Played, managing: Managing
) -> None:
    """`Retry-After` comes on top of the pause."""
    server.refusals = [web.Response(status=429, headers={"Retry-After": "0"}), web.Response(status=503)]

    await until(managing().follow(ONE, print).listening.is_set)
    assert ["socket refused", "socket refused", "socket opened"] == server.what()[:3]


async def test_a_redirect_is_followed(server: Played, managing: Managing) -> None:
    """To another path of the same API."""
    server.refusals = [web.Response(status=307, headers={"Location": f"/ws/progress?jobId={ONE}"})]

    await until(managing().follow(ONE, print).listening.is_set)
    assert ["socket refused", "socket opened"] == server.what()[:2]


@pytest.mark.parametrize(
    "refusal", [(200, {}), (302, {"Location": "/elsewhere"}), (302, {"Location": "http://x"}), (403, {})]
)
async def test_where_there_is_no_socket_the_record_is_left(
    server: Played, managing: Managing, refusal: tuple[int, dict[str, str]]
) -> None:
    """Another attempt would end the same."""
    status, headers = refusal
    server.refusals = [web.Response(status=status, headers=headers)]
    server.answers["GET /elsewhere"] = lambda _: web.Response(status=404)
    watch = managing().follow(ONE, print)

    await until(watch.unserved.is_set)
    assert [] == server.lines


async def test_hostile_frames_are_passed_over(server: Played, managing: Managing) -> None:
    """What comes after them is seen; one that is too large ends the connection, and the next one has the state."""
    manager, seen = managing(), list[Update]()
    await until(manager.follow(ONE, seen.append).listening.is_set)
    (line,) = server.lines
    hostile = [
        *("", "null", "[]", "{", "NaN", "[" * 50_000, '{"type":[]}', '{"type":{"a":1}}', '{"j":[],"s":{}}'),
        *('{"type":"ready_ack","jobId":5,"alias":"x","heartbeatSeconds":NaN}', '{"type":"progress"}'),
        *('{"type":"problem","status":"x","detail":[]}', '{"j":1e999,"s":-1,"t":NaN,"x":9}', "9" * 5_000),
        '{"type":"progress","jobId":"' + ONE + '","seq":Infinity,"data":{"processedItems":-1,"error":{}}}',
    ]
    for text in hostile:
        await line.socket.send_str(text)
    await line.socket.send_bytes(b"\xff\xfe")
    await line.send(**state(ONE, 5))
    await until(lambda: seen and seen[-1].seq == 5)
    server.frames = [state(ONE, 6)]
    await line.socket.send_str("x" * 2 * 1024 * 1024)

    await until(lambda: seen[-1].seq == 6)
    assert 2 == len(server.lines)
