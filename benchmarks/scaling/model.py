"""How the system does with many jobs at once: throughput, time, freshness, cost, and which limit is met. Pure.

The model counts. A job of n works is n / 25 chunks; a worker has one chunk at a time and some of its works at once. In
each window one of a job's workers sums the chunks, writes the job's row and posts; the others look at that row. All
jobs are taken to be of one size and to share the workers evenly, as one queue does on the whole; what waits in the
queue is late, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.costs import Usage, dollars
from benchmarks.scaling import quotas
from benchmarks.scaling.quotas import Quota
from bookstrack.socket_manager import ACK_EVERY_SECONDS

CHUNK = 25

# What a request takes, in DynamoDB's units, as the emulator's store measures it.
ITEM_WRITES = 3.0
"""The result, the count, the cache: each below 1 KB, as measured."""
ITEM_WRITES_OF_JOB = 2.0
"""Of these, in the partition of the job."""
ITEM_READS = 0.55
"""The cache, not consistently; and now and then whether a provider is left alone."""
CHUNK_ROW_BYTES = 190
"""A chunk's row when its works are counted; a sum reads the rows of all chunks."""
_CHUNK_READS = 5.0
"""When a worker takes a chunk and leaves it: the job, the chunk, its input, the sum."""

# What AWS takes: none of these is promised by AWS, and all are to be measured on an account.
TABLE_SECONDS = 0.005
POST_SECONDS = 0.015
SMALL_INVOCATION_SECONDS = 0.012
_SMALL_GB = 0.5
_WORKER_GB = 1.0

_PING_SECONDS = 30.0
_WATCH_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Jobs that are at work at once, all alike."""

    jobs: float
    items: int = 1500
    devices: int = 1
    """That watch each."""
    item_seconds: float = 0.67
    """How long a work takes, its providers above all."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Parameters of the template, with its defaults."""

    worker_concurrency: int = 5
    item_concurrency: int = 5
    frames_per_second: float = 4


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Rates are for each second, of all jobs together."""

    workers: float
    items_per_second: float
    job_seconds: float
    """From a job's start to its end."""
    frames_per_job: float
    late_ms: float
    """How long it takes on average until a client shows that a work is done, beyond its own network: the way, and half
    a window where works are done faster than that."""
    use: dict[Quota, float]
    """How much of each quota."""
    usage: Usage
    """Of one job."""

    @property
    def dollars(self) -> float:
        """What a job costs."""
        return dollars(self.usage)

    @property
    def tightest(self) -> Quota:
        """The quota of which the largest share is used."""
        return max(self.use, key=lambda quota: self.use[quota] / quota.value)

    def share(self, quota: Quota) -> float:
        """What part of a quota is used: above 1 it is broken."""
        return self.use[quota] / quota.value


def predict(load: Workload, settings: Settings | None = None) -> Prediction:
    """What comes of it, as if no quota were broken; `Prediction.share` says whether one is."""
    settings = settings or Settings()
    chunks = math.ceil(load.items / CHUNK)
    workers = min(float(settings.worker_concurrency), load.jobs * chunks)
    per_second = workers * settings.item_concurrency / load.item_seconds
    of_job = per_second / load.jobs
    seconds = load.items / of_job
    # A worker looks once a window, while it has something new to show.
    looks_a_second = workers * min(settings.frames_per_second, settings.item_concurrency / load.item_seconds)
    frames_a_second = min(settings.frames_per_second, looks_a_second / load.jobs)
    held_back = 500 / settings.frames_per_second if of_job > frames_a_second else 0.0
    return Prediction(
        workers=workers,
        items_per_second=per_second,
        job_seconds=seconds,
        frames_per_job=frames_a_second * seconds + 2,
        late_ms=held_back + 1000 * (2 * TABLE_SECONDS + POST_SECONDS),
        use={
            **_use(load, workers, per_second, looks_a_second, frames_a_second),
            quotas.LIFE: seconds,
        },
        usage=_usage(load, chunks, seconds, frames_a_second, looks_a_second / load.jobs),
    )


def jobs_until(quota: Quota, load: Workload, settings: Settings, most: float = 1e6) -> float | None:
    """How many jobs at once meet a quota; None where no number of them does, up to `most`."""
    return _first(lambda jobs: predict(_with(load, jobs), settings).share(quota) >= 1, most)


def _use(
    load: Workload, workers: float, per_second: float, looks: float, frames_a_second: float
) -> dict[Quota, float]:
    arrivals = per_second / load.items
    devices = load.jobs * load.devices
    posts = devices * frames_a_second
    from_clients = devices * (_acks(frames_a_second) + 1 / _PING_SECONDS) + arrivals * load.devices
    connections = arrivals * load.devices
    shown = load.jobs * frames_a_second
    writes = per_second * ITEM_WRITES + shown
    reads = per_second * ITEM_READS + looks + shown * sum_units(load.items)
    small = from_clients + 2 * connections + 2 * arrivals
    return {
        quotas.CONNECTIONS: connections,
        quotas.GATEWAY: posts + from_clients + connections + 2 * arrivals,
        quotas.WEBSOCKET_STAGE: from_clients + connections,
        quotas.HTTP_STAGE: 2 * arrivals,
        quotas.LAMBDA: workers + small * SMALL_INVOCATION_SECONDS,
        quotas.POLLERS: workers,
        quotas.PARTITION_WRITES: (per_second * ITEM_WRITES_OF_JOB + shown) / load.jobs,
        quotas.PARTITION_READS: (looks + shown * sum_units(load.items)) / load.jobs,
        quotas.NEW_TABLE_WRITES: writes,
        quotas.TABLE_WRITES: writes,
        quotas.TABLE_READS: reads,
    }


def _usage(load: Workload, chunks: int, seconds: float, frames_a_second: float, looks: float) -> Usage:
    """Of one job; `looks` a second."""
    frames = frames_a_second * seconds + 2
    from_client = 2 + seconds * (_acks(frames_a_second) + 1 / _PING_SECONDS)
    small = 1 + load.devices * (2 + from_client) + 1 + seconds / _WATCH_SECONDS
    worker_seconds = load.items * load.item_seconds / Settings().item_concurrency
    # Connecting, subscribing and leaving: rows of the connection and the job's count of watchers.
    of_watchers = load.devices * 6
    return Usage(
        websocket_messages=load.devices * (frames + 1 + from_client),
        connection_minutes=load.devices * seconds / 60,
        http_requests=2,
        invocations=chunks + small,
        gb_seconds=worker_seconds * _WORKER_GB + small * SMALL_INVOCATION_SECONDS * _SMALL_GB,
        write_units=load.items * ITEM_WRITES + frames + of_watchers + 4,
        read_units=load.items * ITEM_READS
        + looks * seconds
        + frames * sum_units(load.items)
        + chunks * _CHUNK_READS
        + load.devices * 3,
        sqs_requests=math.ceil(chunks / 10) + 2 * chunks + 3 + seconds / _WATCH_SECONDS,
        bytes_out=load.devices * (frames * 290 + 400),
    )


def _acks(frames_a_second: float) -> float:
    """A second: a client acknowledges what it has, but not often."""
    return min(1 / ACK_EVERY_SECONDS, frames_a_second)


def sum_units(items: int) -> float:
    """Read units that the sum over a job's chunks takes, on average: half of the rows are there."""
    return max(1.0, math.ceil(items / CHUNK) * CHUNK_ROW_BYTES / 2 / 4096)


def _with(load: Workload, jobs: float) -> Workload:
    return Workload(jobs=jobs, items=load.items, devices=load.devices, item_seconds=load.item_seconds)


def _first(broken: Callable[[float], bool], most: float) -> float | None:
    """The least number for which it holds, from 1; it holds for all above it, or for none."""
    if broken(1):
        return 1
    if not broken(most):
        return None
    low, high = 1.0, most
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if broken(middle) else (middle, high)
    return high
