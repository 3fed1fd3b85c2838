"""The model of many jobs at once."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.scaling import quotas
from benchmarks.scaling.compare import compare, median_run
from benchmarks.scaling.model import Settings, Workload, jobs_until, predict


def test_a_job_alone_takes_what_its_workers_take() -> None:
    """1,500 works of 0.67 s, 25 at once."""
    made = predict(Workload(jobs=1))

    assert made.workers == 5
    assert made.job_seconds == pytest.approx(1500 * 0.67 / 25)
    assert made.frames_per_job == pytest.approx(made.job_seconds * 4 + 2)


def test_a_small_job_has_no_more_workers_than_chunks() -> None:
    """However many there may be."""
    assert predict(Workload(jobs=2, items=30), Settings(worker_concurrency=100)).workers == 4


def test_jobs_share_the_workers() -> None:
    """Twice as many take twice as long, and no more is done in a second."""
    one, two = predict(Workload(jobs=100)), predict(Workload(jobs=200))

    assert two.items_per_second == one.items_per_second
    assert two.job_seconds == pytest.approx(2 * one.job_seconds)


def test_works_that_are_slower_than_the_window_are_shown_at_once() -> None:
    """Nothing is held back; with faster ones it is half a window on average."""
    slow, fast = predict(Workload(jobs=1, item_seconds=20)), predict(Workload(jobs=1))

    assert fast.late_ms - slow.late_ms == pytest.approx(125)


@pytest.mark.parametrize("quota", quotas.ALL)
def test_every_quota_says_where_it_is_written_and_what_moves_it(quota: quotas.Quota) -> None:
    """And is reckoned with."""
    assert quota.source
    assert quota.moved_by
    assert quota in predict(Workload(jobs=1)).use


def test_writes_of_one_job_bound_its_workers() -> None:
    """Each work is written twice under one key."""
    large = Workload(jobs=1, items=10_000)
    many, few = (Settings(worker_concurrency=workers) for workers in (100, 60))

    assert predict(large, many).share(quotas.PARTITION_WRITES) > 1
    assert predict(large, few).share(quotas.PARTITION_WRITES) < 1


def test_limit_is_found_where_it_is_met() -> None:
    """Within a thousandth; None where more jobs do not come nearer to it."""
    settings = Settings()
    jobs = jobs_until(quotas.LIFE, Workload(jobs=1), settings)

    assert jobs == pytest.approx(86_400 / predict(Workload(jobs=1)).job_seconds, rel=0.002)
    assert jobs_until(quotas.TABLE_WRITES, Workload(jobs=1), settings) is None
    assert jobs_until(quotas.POLLERS, Workload(jobs=1), Settings(worker_concurrency=2000)) is not None


def test_more_devices_cost_posts_and_no_work() -> None:
    """Messages grow with them, units of the table hardly."""
    one, ten = (predict(Workload(jobs=1, devices=devices)).usage for devices in (1, 10))

    assert ten.websocket_messages == pytest.approx(10 * one.websocket_messages)
    assert ten.write_units < 1.02 * one.write_units


def test_model_is_compared_at_the_pace_of_the_run() -> None:
    """How fast the machine is says nothing of the model; how much was counted does."""
    figures: dict[str, Any] = {
        "items": 200,
        "seconds": 4.0,
        "devices": 1,
        "frames_in": 19,
        "posts": 19,
        "invocations": {"Worker": 8},
        "write_units": 672,
        "read_units": 248.5,
        "sqs_requests": 17,
        "gb_seconds": 20,
        "usd": 0.0007,
    }
    found = {each.title: each for each in compare(figures)}

    assert found["frames to a device"].predicted == pytest.approx(19)
    assert found["Lambda, GB-s"].predicted == pytest.approx(20, rel=0.02)


def test_run_of_median_time_stands_for_all() -> None:
    """Whole, so that its numbers belong together."""
    assert median_run([{"seconds": 3}, {"seconds": 1}, {"seconds": 2}]) == {"seconds": 2}
