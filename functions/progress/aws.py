"""boto3 clients, each made once per execution environment and only when a handler first needs it.

Nothing here knows where it runs: a local set-up redirects the SDK by AWS_ENDPOINT_URL_<SERVICE>, and posts go
to the endpoint that the connection itself came in by.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from progress.posting import ConnectionsApi

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_POOL = 32
"""HTTP connections kept: the item threads, the reporter and the posting pool together."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which leaves what is made meanwhile alone for good.

    The description of a service is tens of thousands of objects that all stay; collecting among them while they are
    read takes a fifth of a cold start, and each later collection would look at them again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@cache
def dynamodb() -> DynamoDBClient:
    """Retries throttling and 5xx in the SDK's standard mode; a DynamoDB call that takes seconds is broken."""
    with _uncollected():
        return boto3.client(
            "dynamodb",
            config=Config(
                connect_timeout=2,
                read_timeout=5,
                max_pool_connections=_POOL,
                retries={"mode": "standard", "total_max_attempts": 5},
            ),
        )


@cache
def sqs() -> SQSClient:
    """Retries in the SDK's standard mode."""
    with _uncollected():
        return boto3.client(
            "sqs",
            config=Config(
                connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4}
            ),
        )


@cache
def s3() -> S3Client:
    """Signs in version 4, and names buckets in the host of their own region: a form that was signed for the global
    address would be redirected, which browsers do not follow with a body."""
    with _uncollected():
        return boto3.client(
            "s3",
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "virtual"},
                connect_timeout=2,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 4},
            ),
        )


@cache
def management(endpoint: str) -> ConnectionsApi:
    """The @connections API at `https://{domainName}/{stage}`; each post is one attempt, `push` decides on another."""
    return ConnectionsApi(endpoint, connections=_POOL)
