"""The SDK clients that each handler's first invocation makes, which are its floor (held true by a test)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
DYNAMODB, SQS, S3 = "dynamodb", "sqs", "s3"
NEEDS: Mapping[str, tuple[str, ...]] = {
    "connect": (DYNAMODB,),
    "disconnect": (DYNAMODB,),
    "message": (DYNAMODB, SQS),
    "jobs": (DYNAMODB,),
    "start_enrichment": (DYNAMODB, SQS),
    "import_csv": (DYNAMODB, SQS),
    "scan_bookshelf": (DYNAMODB, S3, SQS),
    "enrich_chunk": (DYNAMODB,),
    "detect_books": (DYNAMODB, S3),
    "watch_jobs": (DYNAMODB, SQS),
}
"""A `ready` sends the chunks, a worker sends nothing."""
POSTS = {"message", "enrich_chunk", "detect_books"}
"""Those whose first invocation also posts to a connection."""
Times = dict[str, list[tuple[float, float]]]
"""Milliseconds of the floor and of the handler, run by run."""
