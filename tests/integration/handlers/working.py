"""A job over works that nobody need be asked for, and the worker on one of its chunks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from progress import wiring
from progress.attempts import Attempt, Ending
from progress.chunks import each
from progress.job import ItemResult, ItemStatus, Job
from progress.queues import ChunkMessage, WatchMessage
from tests.integration.handlers.conftest import JOB_ID, Backend, event

CHUNK = ChunkMessage(job_id=JOB_ID, chunk=0)
WATCH = WatchMessage(job_id=JOB_ID)


def find(item: Mapping[str, Any]) -> ItemResult:
    return ItemResult(
        status=ItemStatus.FOUND,
        label=f"Enriching: {item['workId']}",
        detail={"metadata": {"title": "Emma", "source": "openlibrary"}},
    )


def launched(backend: Backend, total: int = 10) -> Job:
    """A running job, watched by the fixtures' connection; nothing of its messages and frames is left."""
    backend.invoke("connect", event("websocket_connect"))
    backend.invoke("message", event("websocket_ready"))
    body = json.dumps({"jobId": JOB_ID, "workIds": [f"w{number}" for number in range(total)]})
    backend.invoke("start_enrichment", event("http_start_enrichment", body=body))
    wiring.lifecycle().launch(JOB_ID)
    backend.sent("work")
    backend.management.received.clear()
    return job()


def job() -> Job:
    found = wiring.jobs().get(JOB_ID)
    assert found is not None
    return found


def work(
    process: Any = find,
    message: ChunkMessage = CHUNK,
    *,
    receives: int = 1,
    remaining_ms: Callable[[], int] = lambda: 60_000,
) -> Ending:
    """One worker on one chunk; the fifth receive is the last."""
    attempt = Attempt(receives=receives, last=receives >= 5, remaining_ms=remaining_ms)
    return wiring.chunk_worker().run(message, each(process), attempt)


def rows() -> list[dict[str, Any]]:
    return list(wiring.jobs().results(job(), after=None, limit=1_000))


def statuses() -> list[str]:
    return [row["status"] for row in rows()]


def texts(backend: Backend) -> list[str]:
    """What the watchers were told, one after the other."""
    return [frame["data"]["currentStatus"] for frame in backend.frames() if "data" in frame]
