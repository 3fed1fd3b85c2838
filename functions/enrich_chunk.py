"""The work queue: enriches the works of a chunk and counts each once.

Works that fail in passing leave their message in the queue, to come back after a growing while; at its last receive
they are recorded as failed instead. A book that a file names twice is looked up once.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from books.errors import LookupFailedError, TransientError
from books.kinds import ENRICHMENT, IMPORT
from books.lookup import Found, Library
from books.memory import Memory
from books.work import Work
from progress import aws, wiring
from progress.attempts import Attempt, Ending, RetryLaterError
from progress.chunks import Item, Process
from progress.consumer import chunk_consumer
from progress.job import ItemResult, ItemStatus
from progress.queues import ChunkMessage


@cache
def library() -> Library:
    return Library.from_env(os.environ, client=aws.dynamodb(), table_name=wiring.settings().table_name)


def enrich(memory: Memory, item: Mapping[str, Any]) -> ItemResult:
    """Looks one work up.

    Raises:
        RetryLaterError: no provider could answer, but one may soon.
    """
    work = Work.from_dict(item)
    try:
        found = library().look_up(work, memory, asked_already=bool(item.get("again")))
    except TransientError as error:
        raise RetryLaterError(str(error), after_seconds=error.after_seconds) from error
    except LookupFailedError as error:
        return ItemResult(
            status=ItemStatus.FAILED,
            label=f"Failed: {work.title or work.work_id}",
            detail={"error": str(error)},
        )
    if isinstance(found, Found):
        return ItemResult(
            status=ItemStatus.FOUND,
            label=f"Enriching: {found.metadata.label}",
            detail={"metadata": found.metadata.to_dict()},
        )
    return ItemResult(
        status=ItemStatus.NOT_FOUND,
        label=f"Not found: {work.title or work.work_id}",
        detail={"reason": found.reason},
    )


@contextmanager
def enrichment(items: Collection[Item]) -> Iterator[Process]:
    """The look-ups of a chunk's items, which share what is remembered."""
    with library().memory(map(Work.from_dict, items)) as memory:
        yield partial(enrich, memory)


def work(message: ChunkMessage, attempt: Attempt) -> Ending:
    return wiring.chunk_worker().run(message, enrichment, attempt)


handler = chunk_consumer(work, kinds=(ENRICHMENT, IMPORT))
