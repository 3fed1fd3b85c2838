"""DynamoDB by moto, and whatever of `progress` stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from progress.connections import Connections
from progress.jobs import Jobs
from progress.table import Table
from tests.fakes import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE_NAME = "progress"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client)
        yield client


def create_table(client: DynamoDBClient) -> None:
    """The table, as the template declares it."""
    client.create_table(
        TableName=TABLE_NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )


@pytest.fixture
def table(dynamodb: DynamoDBClient, clock: Clock) -> Table:
    return Table(dynamodb, TABLE_NAME, clock)


@pytest.fixture
def jobs(table: Table, clock: Clock) -> Jobs:
    return Jobs(table, ttl_seconds=24 * 3600, clock=clock)


@pytest.fixture
def connections(table: Table, clock: Clock) -> Connections:
    return Connections(table, clock)
