"""The record of the requests to the store: what would be paid for on AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import httpx
import pytest

from local_emulator.model import StoreResource
from local_emulator.services import client
from local_emulator.store.provision import provision

KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


@pytest.fixture
def record(variables: Mapping[str, str], table: StoreResource) -> Iterator[httpx.Client]:
    """Begun, with the table there."""
    provision([table], variables)
    with httpx.Client(base_url=variables["AWS_ENDPOINT_URL"], trust_env=False) as http:
        http.post("/_requests")
        yield http


def drained(record: httpx.Client) -> list[dict[str, Any]]:
    """The record since the last time."""
    return [json.loads(line) for line in record.get("/_requests").text.splitlines()]


def test_nothing_is_kept_unasked(record: httpx.Client, variables: Mapping[str, str]) -> None:
    """What was asked before POST, or after DELETE, is in no answer; nor is anything twice."""
    record.delete("/_requests")
    client("sqs", variables).list_queues()
    record.post("/_requests")
    client("sqs", variables).list_queues()

    assert ["ListQueues"] == [line["operation"] for line in drained(record)]
    assert [] == drained(record)


def test_units_are_those_of_the_larger_item(
    record: httpx.Client, variables: Mapping[str, str], table: StoreResource
) -> None:
    """A write takes what the larger of before and after does, also where its condition fails; a read 4 KB steps."""
    dynamodb = client("dynamodb", variables)
    dynamodb.put_item(TableName=table.name, Item={**KEY, "x": {"S": "x" * 5000}})
    dynamodb.get_item(TableName=table.name, Key=KEY, ConsistentRead=True)
    dynamodb.get_item(TableName=table.name, Key=KEY)
    with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(TableName=table.name, Item=KEY, ConditionExpression="attribute_not_exists(pk)")
    dynamodb.put_item(TableName=table.name, Item=KEY)
    dynamodb.put_item(TableName=table.name, Item=KEY)
    lines = drained(record)

    assert [5, 0, 0, 5, 5, 1] == [line["write"] for line in lines]
    assert [0, 2, 1, 0, 0, 0] == [line["read"] for line in lines]
    assert {"a|1"} == {line["key"] for line in lines}
    assert all(time.time() - 60 < line["at"] <= time.time() for line in lines)


def test_query_takes_what_it_looks_at(
    record: httpx.Client, variables: Mapping[str, str], table: StoreResource
) -> None:
    """Whole items count, whatever is asked of them, as far as the limit lets it look."""
    dynamodb = client("dynamodb", variables)
    for number in range(4):
        item = {"pk": {"S": "a"}, "sk": {"S": f"ROW#{number}"}, "x": {"S": "x" * 3000}}
        dynamodb.put_item(TableName=table.name, Item=item)
    dynamodb.put_item(TableName=table.name, Item={**KEY, "x": {"S": "x" * 9000}})
    asked: dict[str, Any] = {
        "TableName": table.name,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": {":pk": {"S": "a"}, ":prefix": {"S": "ROW#"}},
        "ProjectionExpression": "pk, sk",
        "ConsistentRead": True,
    }
    drained(record)
    dynamodb.query(**asked)
    dynamodb.query(**asked, Limit=1)
    whole, limited = drained(record)

    assert ("a|ROW#", 4, 3) == (whole["key"], whole["items"], whole["read"])
    assert (1, 1) == (limited["items"], limited["read"])


def test_batches_and_transactions_count_their_items(
    record: httpx.Client, variables: Mapping[str, str], table: StoreResource
) -> None:
    """One request each; an item of a transaction counts twice."""
    dynamodb = client("dynamodb", variables)
    items = [{"pk": {"S": "a"}, "sk": {"S": str(number)}} for number in range(3)]
    dynamodb.batch_write_item(RequestItems={table.name: [{"PutRequest": {"Item": item}} for item in items]})
    dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": table.name, "Item": item}} for item in items]
    )

    assert [("a|0", 3, 3), ("a|0", 3, 6)] == [
        (line["key"], line["items"], line["write"]) for line in drained(record)
    ]


def test_an_update_says_what_it_does(
    record: httpx.Client, variables: Mapping[str, str], table: StoreResource
) -> None:
    """Two that change the same row may be there for different things."""
    expression = "ADD n :one"
    client("dynamodb", variables).update_item(
        TableName=table.name,
        Key=KEY,
        UpdateExpression=expression,
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    client("dynamodb", variables).put_item(TableName=table.name, Item=KEY)

    assert [expression, None] == [line.get("update") for line in drained(record)]


def test_messages_are_counted(record: httpx.Client, variables: Mapping[str, str]) -> None:
    """So that a request that brought nothing can be told from one that did."""
    sqs = client("sqs", variables)
    url = sqs.create_queue(QueueName="queue")["QueueUrl"]
    drained(record)
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": "x"} for number in range(3)]
    )
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    sqs.receive_message(QueueUrl=url)

    assert [("SendMessageBatch", 3), ("ReceiveMessage", 3), ("ReceiveMessage", 0)] == [
        (line["operation"], line["items"]) for line in drained(record)
    ]
