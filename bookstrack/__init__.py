"""Start long jobs over books and watch them in real time.

async with bookstrack.connect("http://localhost:3000") as client:
    job = await client.enrich(["9780439023481", "OL7000001W"])
    async for update in job:
        print(update.processed, "of", update.total, update.current_status)
    result = await job.result()
"""

from bookstrack.api_client import EnrichmentAPIClient
from bookstrack.client import Client, Job, connect
from bookstrack.coordinator import SyncCoordinator
from bookstrack.errors import (
    BooksTrackError,
    InvalidUrlError,
    ProblemError,
    ProtocolError,
    UnreachableError,
)
from bookstrack.socket_manager import WebSocketProgressManager
from bookstrack.types import JobResult, JobStarted, ResultItem, Update

__all__ = [
    "BooksTrackError",
    "Client",
    "EnrichmentAPIClient",
    "InvalidUrlError",
    "Job",
    "JobResult",
    "JobStarted",
    "ProblemError",
    "ProtocolError",
    "ResultItem",
    "SyncCoordinator",
    "UnreachableError",
    "Update",
    "WebSocketProgressManager",
    "connect",
]
