"""Many jobs on one socket, many devices on one job."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import TERMINAL, System, new_id, start_system
from tests.e2e.devices import device, watchers
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def narrow_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Three jobs a connection, and each connection near its end from the beginning."""
    parameters = {"MaxSubscriptions": "3", "ConnectionSeconds": "300", "GoingAwaySeconds": "300"}
    yield from start_system(tmp_path_factory.mktemp("narrow"), parameters=parameters)


def test_one_socket_shows_many_jobs_each_to_its_end(system: System, work_ids: list[str]) -> None:
    """Every frame says whose it is; the numbers of each job grow by themselves."""
    jobs = [new_id() for _ in range(5)]
    with device(system) as one:
        for job_id in jobs:
            assert job_id == one.subscribe(job_id)["jobId"]
        for job_id in jobs:
            system.start(work_ids[:20], job_id)
        ends = {one.receive("complete")["jobId"] for _ in jobs}

    assert set(jobs) == ends
    for job_id in jobs:
        numbers = [frame["seq"] for frame in one.of(job_id)]
        assert sorted(set(numbers)) == numbers
        assert 20 == one.of(job_id)[-1]["data"]["processedItems"]


def test_after_unsubscribe_no_frame_of_that_job_comes(system: System, work_ids: list[str]) -> None:
    """The others go on."""
    left, kept = new_id(), new_id()
    with device(system) as one:
        one.subscribe(left)
        one.subscribe(kept)
        one.send("unsubscribe", jobId=left)
        wait_until(lambda: not watchers(system, left), what="unsubscribe")
        system.start(work_ids[:5], left)
        system.wait(left)
        system.start(work_ids[:5], kept)
        one.receive("complete")

    assert [] == one.of(left)
    assert "complete" == one.of(kept)[-1]["type"]


def test_cancel_over_the_socket_ends_that_job_alone(system: System, work_ids: list[str]) -> None:
    """The other runs to its end on the same socket."""
    long, short = new_id(), new_id()
    with device(system) as one:
        one.subscribe(long)
        one.subscribe(short)
        system.start(work_ids, long)
        system.start(work_ids[:20], short)
        one.send("cancel", jobId=long)
        ends = {frame["jobId"]: frame["type"] for frame in (one.receive(*TERMINAL), one.receive(*TERMINAL))}

    assert {long: "cancelled", short: "complete"} == ends
    assert "cancelled" == system.state(long)["status"]


def test_every_device_on_a_job_sees_its_end(system: System, work_ids: list[str]) -> None:
    """A device more costs the others nothing; who comes after the end is shown it too."""
    job_id = new_id()
    with device(system) as phone, device(system) as tablet, device(system) as late:
        phone.subscribe(job_id)
        tablet.subscribe(job_id)
        system.start(work_ids[:60], job_id)
        ends = [one.receive(*TERMINAL) for one in (phone, tablet)]
        late.subscribe(job_id)
        ends.append(late.receive(*TERMINAL))

    assert [("complete", 60)] * 3 == [(end["type"], end["data"]["processedItems"]) for end in ends]
    assert 1 == len({end["seq"] for end in ends})


def test_compact_and_whole_frames_side_by_side_tell_the_same(system: System, work_ids: list[str]) -> None:
    """Who did not ask for compact frames never sees one; who did sees its job's states in nothing else."""
    job_id = new_id()
    with device(system) as whole, device(system) as compact:
        whole.subscribe(job_id)
        compact.subscribe(new_id())
        acknowledged = compact.subscribe(job_id, encoding="compact")
        system.start(work_ids[:100], job_id)
        end = whole.receive(*TERMINAL)
        while "k" not in compact.receive():
            pass
    states = [frame for frame in compact.frames if "type" not in frame]

    assert ("compact", 2) == (acknowledged["encoding"], acknowledged["alias"])
    assert all("type" in frame for frame in whole.frames)
    assert [] == compact.of(job_id)
    assert {(2, 100)} == {(frame["j"], frame["t"]) for frame in states}
    assert (end["seq"], 100, "complete", end["data"]["currentStatus"]) == (
        states[-1]["s"],
        states[-1]["n"],
        states[-1]["k"],
        states[-1]["x"],
    )
    seen = {frame["seq"]: frame["data"]["processedItems"] for frame in whole.of(job_id)}
    assert all(seen.get(frame["s"], frame["n"]) == frame["n"] for frame in states)


def test_one_socket_may_have_each_job_in_its_own_encoding(system: System, work_ids: list[str]) -> None:
    """The encoding is the subscription's; asking again changes it."""
    first, second = system.start(work_ids[:5]), system.start(work_ids[:5])
    for job_id in (first, second):
        system.wait(job_id)
    with device(system) as one:
        one.subscribe(first, encoding="compact")
        in_short = one.receive()
        one.subscribe(second)
        in_whole = one.receive("complete")
        one.subscribe(first, encoding="json")
        again = one.receive("complete")

    assert ("complete", 5, 5) == (in_short["k"], in_short["n"], in_short["t"])
    assert [second, first] == [in_whole["jobId"], again["jobId"]]


def test_acknowledgements_are_in_the_job_s_record(system: System, work_ids: list[str]) -> None:
    """Each device's own, and the newest of all; what was never sent is ignored."""
    job_id = new_id()
    with device(system) as fast, device(system) as slow:
        for one in (fast, slow):
            one.subscribe(job_id)
        system.start(work_ids[:30], job_id)
        end = fast.receive("complete")["seq"]
        slow.send("ack", jobId=job_id, seq=1)
        fast.send("ack", jobId=job_id, seq=end)
        wait_until(lambda: system.state(job_id).get("ackedSeq") == end, what="the acknowledgement")
        slow.send("ack", jobId=job_id, seq=end + 100)
        slow.send("ping")
        slow.receive("pong")
        wait_until(
            lambda: all("ackedSeq" in row for row in watchers(system, job_id)), what="the device's own"
        )

    assert end == system.state(job_id)["ackedSeq"]


def test_a_connection_that_watches_as_many_jobs_as_it_may_is_told_so(narrow_system: System) -> None:
    """A problem says what to do, and doing it makes room."""
    jobs = [new_id() for _ in range(4)]
    with device(narrow_system) as one:
        for job_id in jobs[:3]:
            one.subscribe(job_id)
        one.send("subscribe", jobId=jobs[3])
        problem = one.receive("problem")
        one.send("unsubscribe", jobId=jobs[0])
        wait_until(lambda: not watchers(narrow_system, jobs[0]), what="unsubscribe")
        assert jobs[3] == one.subscribe(jobs[3])["jobId"]

    assert ("urn:progress:problem:limit-exceeded", 429, "subscribe") == (
        problem["problemType"],
        problem["status"],
        problem["ref"],
    )
    assert "unsubscribe" in problem["detail"]


def test_an_old_connection_is_told_to_connect_anew_besides_its_answer(narrow_system: System) -> None:
    """With what is left of its time."""
    with device(narrow_system) as one:
        one.send("ping")
        told = one.receive("going_away")

    assert ["pong", "going_away"] == [frame["type"] for frame in one.frames]
    assert 0 <= told["reconnectWithinMs"] <= 300_000


@pytest.mark.parametrize("encoding", ["msgpack", 7, None, ["compact"]])
def test_an_encoding_that_there_is_not_is_answered_by_a_problem(system: System, encoding: object) -> None:
    """And nothing is subscribed to."""
    job_id = new_id()
    with device(system) as one:
        one.send("subscribe", jobId=job_id, encoding=encoding)
        problem = one.receive("problem")

        assert [] == watchers(system, job_id)
    assert problem["status"] in (400, 422)
    assert "encoding" in problem["detail"]
