"""Start long jobs over books and watch them in real time.

async with bookstrack.connect("http://localhost:3000") as client:
    job = await client.enrich(["9780439023481", "OL7000001W"])
    async for update in job:
        print(update.processed, "of", update.total, update.current_status)
    result = await job.result()

`client.import_csv(Path("library.csv"))` and `client.scan(Path("shelf.jpg"))` start the other two kinds of job.
"""

from bookstrack.api_client import EnrichmentAPIClient
from bookstrack.client import Client, connect
from bookstrack.coordinator import SyncCoordinator
from bookstrack.errors import (
    BooksTrackError,
    InputError,
    InvalidUrlError,
    ProblemError,
    ProtocolError,
    StorageError,
    UnreachableError,
)
from bookstrack.job import Job, ScanJob
from bookstrack.socket_manager import WebSocketProgressManager
from bookstrack.types import (
    Book,
    Box,
    Candidate,
    JobResult,
    JobStarted,
    RejectedRow,
    ResultItem,
    ScanResult,
    Suggestion,
    Update,
)

__all__ = [
    "Book",
    "BooksTrackError",
    "Box",
    "Candidate",
    "Client",
    "EnrichmentAPIClient",
    "InputError",
    "InvalidUrlError",
    "Job",
    "JobResult",
    "JobStarted",
    "ProblemError",
    "ProtocolError",
    "RejectedRow",
    "ResultItem",
    "ScanJob",
    "ScanResult",
    "StorageError",
    "Suggestion",
    "SyncCoordinator",
    "UnreachableError",
    "Update",
    "WebSocketProgressManager",
    "connect",
]
