"""Puts the real parts together, once per execution environment. No part knows where it runs.

A part is imported when it is first asked for: $connect, which somebody waits for, needs two of them.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from progress import aws
from progress.connections import Connections
from progress.settings import Settings
from progress.table import Table

if TYPE_CHECKING:
    from progress.chunks import ChunkWorker
    from progress.jobs import Jobs
    from progress.lifecycle import Lifecycle
    from progress.push import Pusher
    from progress.queues import Queues
    from progress.stream import Stream
    from progress.unfolding import Unfolder
    from progress.watchdog import Watchdog


@cache
def settings() -> Settings:
    return Settings.from_env(os.environ)


@cache
def table() -> Table:
    return Table(aws.dynamodb(), settings().table_name)


@cache
def jobs() -> Jobs:
    from progress.jobs import Jobs

    return Jobs(table(), ttl_seconds=settings().job_ttl_seconds)


@cache
def connections() -> Connections:
    return Connections(table(), max_subscriptions=settings().max_subscriptions)


@cache
def pusher() -> Pusher:
    from progress.push import Pusher

    return Pusher(connections(), aws.management)


@cache
def queues() -> Queues:
    from progress.queues import Queues

    return Queues(
        aws.sqs,
        work_queue_url=settings().work_queue_url,
        watch_queue_url=settings().watch_queue_url,
        work_queue_urls=settings().work_queue_urls,
    )


def stream() -> Stream:
    """A new one for each invocation: it remembers who watches."""
    from progress.stream import Stream

    return Stream(jobs(), connections(), pusher())


def lifecycle() -> Lifecycle:
    from progress.lifecycle import Lifecycle

    return Lifecycle(
        jobs(), connections(), stream(), queues(), ready_timeout_seconds=settings().ready_timeout_seconds
    )


def chunk_worker() -> ChunkWorker:
    from progress.chunks import ChunkWorker

    return ChunkWorker(
        jobs(),
        stream(),
        lifecycle(),
        concurrency=settings().item_concurrency,
        window_ms=1000 // settings().frames_per_second,
        vain_limit=settings().chunk_receives,
    )


def unfolder() -> Unfolder:
    from progress.unfolding import Unfolder

    return Unfolder(jobs(), stream(), lifecycle(), keep_alive_seconds=settings().keep_alive_seconds)


def watchdog() -> Watchdog:
    from progress.watchdog import Watchdog

    return Watchdog(jobs(), stream(), lifecycle(), queues(), settings())
