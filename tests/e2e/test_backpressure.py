"""Fifty devices on one job, some of which do not take what they are sent: the others notice nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.e2e.conftest import System, new_id, start_system
from tests.e2e.devices import Device, device, watchers
from tests.waiting import wait_until

DEVICES = 50


@pytest.fixture(scope="module")
def slow_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One in which a job takes long enough for many frames."""
    yield from start_system(tmp_path_factory.mktemp("slow"), catalogue_options=["--latency", "0.1"])


@pytest.fixture
def faulty(slow_system: System) -> Iterator[System]:
    """The same; what goes wrong in a test is over after it."""
    yield slow_system
    assert slow_system.http.delete("/_faults").is_success


def post(system: System, path: str, **body: Any) -> None:
    answer = system.http.post(path, json=body)
    assert answer.is_success, answer.text


def connection_of(system: System, one: Device, job_id: str) -> str:
    """Its id, learned by the row that its subscription makes."""
    before = {row["sk"]["S"] for row in watchers(system, job_id)}
    one.subscribe(job_id)
    (added,) = {row["sk"]["S"] for row in watchers(system, job_id)} - before
    return str(added).removeprefix("CONN#")


def test_devices_that_are_dead_or_never_read_hold_up_no_other(faulty: System, work_ids: list[str]) -> None:
    """One was cut, one reads nothing, the posts to one are not answered. The others have the end before it is known
    whether it reached those."""
    job_id = new_id()
    with ExitStack() as opened:
        cut, silent, hanging, *others = (opened.enter_context(device(faulty)) for _ in range(DEVICES))
        ids = [connection_of(faulty, one, job_id) for one in (cut, silent, hanging)]
        for one in others:
            one.subscribe(job_id)
        post(faulty, f"/_faults/connections/{ids[1]}", action="stall")
        post(faulty, "/_faults", where="post", action="delay", seconds=30, match={"connection_id": ids[2]})
        faulty.start(work_ids[:150], job_id)
        others[0].receive("progress")
        post(faulty, f"/_faults/connections/{ids[0]}", action="drop")
        ends = [one.receive("complete") for one in others]
        (record,) = (row for row in faulty.rows(f"JOB#{job_id}") if row["sk"]["S"] == "META")
        assert "announced" not in record
        wait_until(lambda: ids[0] not in str(watchers(faulty, job_id)), what="the dead one forgotten")

    assert [150] * len(others) == [end["data"]["processedItems"] for end in ends]
    for one in others:
        numbers = [frame["seq"] for frame in one.of(job_id)]
        assert len(set(numbers)) == len(numbers) > 2


def test_a_device_that_is_busy_misses_frames_but_not_the_end(faulty: System, work_ids: list[str]) -> None:
    """429 drops a progress frame, since the next says more, and puts off a terminal one."""
    job_id = new_id()
    with device(faulty) as busy, device(faulty) as other:
        connection = connection_of(faulty, busy, job_id)
        other.subscribe(job_id)
        refusing = {"where": "post", "action": "refuse", "status": 429, "every": 2}
        post(faulty, "/_faults", name="busy", match={"connection_id": connection}, **refusing)
        faulty.start(work_ids[:300], job_id)
        end = busy.receive("complete")
        other.receive("complete")
        (rule,) = faulty.http.get("/_faults").json()["rules"]

    assert rule["struck"] >= 1
    assert 300 == end["data"]["processedItems"]
    assert len(busy.of(job_id)) < len(other.of(job_id))
    numbers = [frame["seq"] for frame in busy.of(job_id)]
    assert len(set(numbers)) == len(numbers)
