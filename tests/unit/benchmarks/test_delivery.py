"""How the runs of the delivery benchmark become figures."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.costs import Usage
from benchmarks.delivery import account, check
from benchmarks.delivery.account import Account, hops, latencies, posts, trips
from benchmarks.delivery.rows import BEYOND, beyond_none, medians, targets
from benchmarks.delivery.watchers import Sight, Watched
from benchmarks.delivery.wire import Wire

REPORT = "REPORT RequestId: x\tDuration: 1.2 ms\tBilled Duration: 2000 ms\tMemory Size: 512 MB\tMax Memory Used: 9 MB"

COUNT = "ADD done :set, n :one"


def request(operation: str, key: str, at: float = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "at": at,
        "service": "dynamodb",
        "operation": operation,
        "status": 200,
        "key": key,
        "items": 1,
        **more,
    }


def test_latency_is_that_of_the_first_state_with_the_item() -> None:
    """From when the item was counted; what the client never saw has none."""
    watched = Watched(sights=[Sight(1.5, 1), Sight(3.0, 3)])

    assert latencies([1.0, 2.0, 2.9, 4.0], watched) == pytest.approx([500, 1000, 100])


def test_hop_is_from_the_newest_commit() -> None:
    """A frame shows what was committed last before it came."""
    assert hops([1.0, 2.0], Watched(sights=[Sight(0.5, 0), Sight(1.25, 1), Sight(2.5, 2)])) == [250, 500]


def test_requests_between_count_and_client_are_those_that_show() -> None:
    """From the count of the newest item in the state until the client has it; what counts other items is left out."""
    made = Account(
        requests=[
            request("Query", "JOB#1|CHUNK#", 0.9),
            request("UpdateItem", "JOB#1|CHUNK#0000", 1.0, update=COUNT),
            request("Query", "JOB#1|CHUNK#", 1.1),
            request("PutItem", "JOB#1|ITEM#00002", 1.2),
            request("UpdateItem", "JOB#1|META", 1.3),
            request("UpdateItem", "JOB#1|CHUNK#0000", 2.0, update=COUNT),
        ],
        log=[],
        cpu={},
    )

    assert trips(made, Watched(sights=[Sight(0.5, 0), Sight(1.5, 1), Sight(1.8, 1)])) == [2]


def test_time_of_a_frame_is_its_own_stamp() -> None:
    """Which is rounded down; a compact frame has none."""
    assert posts(Watched(sights=[Sight(1.5, 1, 1490), Sight(2.0, 2)])) == [9.5]


def test_items_are_counted_by_writes_that_hold() -> None:
    """A refused one counts nothing, nor does one that takes a chunk, and other rows are no items."""
    made = Account(
        requests=[
            request("UpdateItem", "JOB#1|CHUNK#0000", 3.0, update=COUNT),
            request("UpdateItem", "JOB#1|CHUNK#0001", 2.0, update=COUNT),
            request("UpdateItem", "JOB#1|CHUNK#0000", 4.0, update=COUNT, status=400),
            request("UpdateItem", "JOB#1|CHUNK#0000", 1.0, update="SET begunAt = :now"),
            request("UpdateItem", "JOB#1|META", 5.0),
        ],
        log=[],
        cpu={},
    )

    assert made.counted() == [2.0, 3.0]
    assert made.shown() == [5.0]
    assert made.operations()["dynamodb UpdateItem CHUNK taken or left"] == 1


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("META", "JOB#1|META"),
        ("CONN", "JOB#1|CONN#x"),
        ("CONN/META", "CONN#x|META"),
        ("CACHE", "CACHE#isbn#1|X"),
        ("", ""),
    ],
)
def test_row_is_told_by_its_key(kind: str, key: str) -> None:
    """A job's rows by their sort key, others by their partition."""
    assert account.row(request("GetItem", key)) == kind


def test_usage_is_what_would_be_paid_for() -> None:
    """Frames both ways, by 32 KB; requests that brought nothing are left out, as they come with time."""
    made = Account(
        requests=[
            request("PutItem", "JOB#1|META", write=2, read=0),
            {"service": "sqs", "operation": "ReceiveMessage", "status": 200, "items": 0, "at": 0},
            {"service": "sqs", "operation": "ReceiveMessage", "status": 200, "items": 1, "at": 0},
        ],
        log=[
            {"message": REPORT, "function": "JobsFunction"},
            {"kind": "frame_out", "size": 300},
            {"kind": "frame_out", "size": 33_000},
            {"kind": "frame_in", "size": 26},
            {"kind": "http"},
        ],
        cpu={},
        watched=[Watched(wire=Wire(sent=1, received=70), frames_in=2, seconds=30)],
    )
    usage = made.usage()

    assert (4, 0.5, 1) == (usage.websocket_messages, usage.connection_minutes, usage.http_requests)
    assert (1, 1.0) == (usage.invocations, usage.gb_seconds)
    assert (1, 1.0) == (made.usage_of_watchers().invocations, made.usage_of_watchers().gb_seconds)
    assert (2, 0, 1, 70) == (usage.write_units, usage.read_units, usage.sqs_requests, usage.bytes_out)
    assert made.operations()["sqs ReceiveMessage of nothing"] == 1


def test_worker_is_not_there_for_who_watches() -> None:
    """Nor is the start of the job: what is left are those who serve, messages and bytes."""
    made = Account(
        requests=[request("PutItem", "JOB#1|META", write=2, read=0)],
        log=[
            {"message": REPORT, "function": "EnrichChunkFunction"},
            {"kind": "http"},
            {"kind": "frame_out", "size": 1},
        ],
        cpu={},
    )

    assert Usage(websocket_messages=1) == made.usage_of_watchers()


def test_log_is_read_over_what_is_no_json() -> None:
    """A banner, a function's own words, a line cut short."""
    assert account.lines('banner\n{"a": 1}\n{"b": \n{oops}\n') == [{"a": 1}]


def figures(**values: Any) -> dict[str, Any]:
    return {"devices": 1, "cpu_functions": 0.0, "cpu_all": 0.0, "seconds": 1.0, **values}


def test_a_watchers_burden_is_beyond_the_same_job_unwatched() -> None:
    """For one device of many; the job of the scenario with one device stands for it where there is none."""
    made = {
        "100/1": {"none": figures(cpu_all=1.0)},
        "100/10": {"json": figures(devices=10, cpu_all=6.0), "poll-0.5": figures(devices=10, cpu_all=26.0)},
    }

    assert beyond_none("cpu_all")(made, "100/10", "json") == 0.5
    assert beyond_none("cpu_all")(made, "100/10", "none") is None
    (row,) = (row for row in BEYOND if row.title.startswith("CPU of everything"))
    assert [0.5, 0.5, 0.5] == medians([made], row, "100/10", "json")
    assert ["80 %"] == [target.figure for target in targets([made]) if "everything" in target.title]


def test_target_is_missed_where_a_figure_is_beyond_it() -> None:
    """And said so beside the figure."""
    made = {"sequential": {"json": figures(latency_p50=8.1, latency_p99=30.0, operations={}, frames_in=1)}}
    found = {target.title: target for target in targets([made])}

    assert not found["item counted to client, not held back, p50"].met
    assert found["item counted to client, not held back, p99"].met


@pytest.mark.parametrize(
    ("worse", "value", "expected"),
    [(False, 1.25, 1.0), (True, 1.26, 1.0), (False, 0.1, 1.0), (True, None, 1.0), (False, 9.0, None)],
)
def test_ratio_is_worse_beyond_a_quarter(worse: bool, value: float | None, expected: float | None) -> None:
    """Or where it is missing; a new one is not judged."""
    found = {} if value is None else {"ratio": value}
    (verdict,) = check.compare(found, {} if expected is None else {"ratio": expected})

    assert verdict.worse is worse
