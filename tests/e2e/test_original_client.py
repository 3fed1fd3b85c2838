"""An app written for the system that this one replaces: it knows the original documents and nothing else."""

from __future__ import annotations

import json
from typing import Any

from websockets.sync.client import connect

from tests.e2e.conftest import TERMINAL, System, frames_until_the_end, new_id


def check(frames: list[dict[str, Any]], total: int) -> None:
    """What holds for the frames of any job that completes. Posts of two workers may overtake each other on a busy
    machine: what comes late is not newer than what is shown, and dropped."""
    shown: list[dict[str, Any]] = []
    for frame in frames:
        if not shown or frame["seq"] > shown[-1]["seq"]:
            shown.append(frame)
    kinds = [frame["type"] for frame in shown]
    counts = [frame["data"]["processedItems"] for frame in shown]
    assert [kind for kind in kinds if kind in TERMINAL] == ["complete"]
    assert kinds[-1] == "complete"
    assert len(shown) >= 0.8 * len(frames)
    assert counts == sorted(counts)
    assert counts[-1] == total


def test_a_client_that_connects_first_sees_the_whole_job(system: System, work_ids: list[str]) -> None:
    """Connect, ready, start, read: the order of the original."""
    job_id = new_id()
    with system.listen(job_id) as socket:
        system.start(work_ids[:50], job_id)
        frames = frames_until_the_end(socket)

    check(frames, 50)
    assert len(frames) >= 2
    assert {"progress", "processedItems", "totalItems", "currentStatus"} <= set(frames[0]["data"])


def test_a_client_that_starts_first_and_connects_later_misses_nothing(
    system: System, work_ids: list[str]
) -> None:
    """The job waits for its first watcher."""
    job_id = system.start(work_ids[:50])
    with system.listen(job_id) as socket:
        frames = frames_until_the_end(socket)

    check(frames, 50)
    assert 0 == frames[0]["data"]["processedItems"]


def test_a_client_that_connects_after_the_end_gets_the_terminal_state(
    system: System, work_ids: list[str]
) -> None:
    """At once, as its first frame."""
    job_id = new_id()
    with system.listen(job_id) as socket:
        system.start(work_ids[:10], job_id)
        frames_until_the_end(socket)
    with system.listen(job_id) as late:
        (frame,) = frames_until_the_end(late)

    assert ("complete", 10) == (frame["type"], frame["data"]["processedItems"])


def test_a_job_runs_though_its_client_never_says_that_it_is_ready(
    system: System, work_ids: list[str]
) -> None:
    """It waits for its client, but not for ever."""
    job_id = new_id()
    with system.listen(job_id, ready=False):
        system.start(work_ids[:10], job_id)
        state = system.wait(job_id)

    assert ("completed", 10) == (state["status"], state["processedItems"])


def test_the_stage_url_serves_as_well(system: System, work_ids: list[str]) -> None:
    """The bare URL that API Gateway gives: /{stage}?jobId=."""
    job_id = new_id()
    url = system.stack.url.replace("http", "ws", 1)
    with connect(f"{url}/prod?jobId={job_id}", proxy=None) as socket:
        socket.send('{"type":"ready"}')
        assert {"type", "timestamp"} <= set(json.loads(socket.recv(timeout=20)))
        system.start(work_ids[:5], job_id)
        check(frames_until_the_end(socket), 5)


def test_a_job_of_1500_works_has_exact_counts(system: System, work_ids: list[str]) -> None:
    """found + not_found + failed = rows = 1,500."""
    job_id = new_id()
    with system.listen(job_id) as socket:
        system.start(work_ids, job_id)
        frames = frames_until_the_end(socket, seconds=180)
    rows = system.results(job_id)
    by_status = {
        status: sum(row["status"] == status for row in rows) for status in ("found", "not_found", "failed")
    }

    check(frames, 1500)
    assert list(range(1500)) == [row["index"] for row in rows]
    assert work_ids == [row["workId"] for row in rows]
    assert 1500 == sum(by_status.values())
    assert frames[-1]["data"]["failedItems"] == by_status["failed"]
    assert by_status["found"] >= 1400
    assert by_status["not_found"] >= 20
