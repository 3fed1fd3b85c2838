"""Reads that lag behind: what DynamoDB allows of eventually consistent reads, and of no others.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from botocore.config import Config
from botocore.exceptions import ClientError

from local_emulator.faults.rules import parse
from local_emulator.services import client, service_variables
from local_emulator.store.process import StoreProcess
from local_emulator.store.remote_faults import RemoteFaults
from tests.integration.emulator.helpers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOR_EVER = 86_400
ALICE = {"pk": {"S": "library"}, "sk": {"S": "alice"}}
BEATRICE = {"pk": {"S": "library"}, "sk": {"S": "beatrice"}}


class Table:
    """One table, and the rules of the store that it is in."""

    def __init__(self, dynamodb: Any, faults: RemoteFaults) -> None:
        self.dynamodb = dynamodb
        self.name = f"table-{uuid.uuid4().hex[:8]}"
        self.faults = faults

    def create(self) -> None:
        schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        shelves = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "shelf", "KeyType": "RANGE"}]
        everything = {"ProjectionType": "ALL"}
        self.dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "shelf")
            ],
            KeySchema=schema,
            LocalSecondaryIndexes=[
                {"IndexName": "local", "KeySchema": shelves, "Projection": everything},
            ],
            GlobalSecondaryIndexes=[
                {"IndexName": "global", "KeySchema": shelves, "Projection": everything},
            ],
        )

    async def lag(self, seconds: float = FOR_EVER, **settings: Any) -> None:
        """Puts one rule in force."""
        rule = {"where": "table", "action": "stale", "seconds": seconds, **settings}
        await self.faults.tell("PUT", "", parse([rule]))

    async def counts(self) -> list[int]:
        """How many occurrences matched that rule, and at how many it struck."""
        return list((await self.faults.tell("GET", ""))["rule-1"])

    def put(self, key: dict[str, Any], shelf: str) -> None:
        self.dynamodb.put_item(TableName=self.name, Item={**key, "shelf": {"S": shelf}})

    def update(self, key: dict[str, Any], shelf: str, **arguments: Any) -> None:
        self.dynamodb.update_item(
            TableName=self.name,
            Key=key,
            UpdateExpression="SET shelf = :shelf",
            ExpressionAttributeValues={":shelf": {"S": shelf}},
            **arguments,
        )

    def get(self, key: dict[str, Any], **arguments: Any) -> str | None:
        answer = self.dynamodb.get_item(TableName=self.name, Key=key, **arguments)
        return str(answer["Item"]["shelf"]["S"]) if "Item" in answer else None

    def batch(self, **arguments: Any) -> dict[str, str]:
        asked = {self.name: {"Keys": [ALICE, BEATRICE], **arguments}}
        return _shelves(self.dynamodb.batch_get_item(RequestItems=asked)["Responses"][self.name])

    def query(self, **arguments: Any) -> dict[str, str]:
        answer = self.dynamodb.query(
            TableName=self.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": ALICE["pk"]},
            **arguments,
        )
        return _shelves(answer["Items"])

    def scan(self, **arguments: Any) -> dict[str, str]:
        return _shelves(self.dynamodb.scan(TableName=self.name, **arguments)["Items"])


def _shelves(items: list[dict[str, Any]]) -> dict[str, str]:
    return {item["sk"]["S"]: item["shelf"]["S"] for item in items}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store() -> AsyncIterator[StoreProcess]:
    started = await StoreProcess.start()
    yield started
    await started.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def table(store: StoreProcess) -> AsyncIterator[Table]:
    """With Alice on the left shelf; no rule before and after."""
    variables = service_variables({}, store_url=store.url, lambda_url="http://127.0.0.1:9", ca_bundle=None)
    dynamodb = client("dynamodb", variables, config=Config(retries={"total_max_attempts": 1}))
    made = Table(dynamodb, RemoteFaults(store.url, dict, own_dynamodb=False))
    made.create()
    made.put(ALICE, "left")
    yield made
    await made.faults.tell("PUT", "")
    dynamodb.close()


async def test_eventually_consistent_reads_miss_what_was_written_since(table: Table) -> None:
    """An item and a change that are younger than the rule allows, whichever way they are read."""
    await table.lag()
    table.update(ALICE, "right")
    table.put(BEATRICE, "right")

    assert ("left", None) == (table.get(ALICE), table.get(BEATRICE))
    assert {"alice": "left"} == table.batch() == table.query() == table.scan()
    assert {"alice": "left"} == table.query(IndexName="local") == table.query(IndexName="global")
    assert {"alice": "left"} == table.scan(IndexName="global")


async def test_strongly_consistent_reads_miss_nothing(table: Table) -> None:
    """Of the table, of a batch and of a local index; transactions have no other kind."""
    await table.lag()
    table.update(ALICE, "right")
    there = {"alice": "right"}

    assert "right" == table.get(ALICE, ConsistentRead=True)
    assert there == table.batch(ConsistentRead=True) == table.scan(ConsistentRead=True)
    assert there == table.query(ConsistentRead=True) == table.query(ConsistentRead=True, IndexName="local")
    got = table.dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": table.name, "Key": ALICE}}])
    assert "right" == got["Responses"][0]["Item"]["shelf"]["S"]
    assert [0, 0] == await table.counts()


async def test_global_index_has_no_strongly_consistent_reads(table: Table) -> None:
    """DynamoDB refuses them, stale or not."""
    await table.lag()

    with pytest.raises(ClientError, match="ValidationException"):
        table.query(ConsistentRead=True, IndexName="global")


async def test_conditions_of_writes_see_the_present(table: Table) -> None:
    """A write is as strongly consistent as ever: what a stale read tells is no reason to believe it."""
    await table.lag()
    table.update(ALICE, "right")

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.update(ALICE, "top", ConditionExpression="attribute_not_exists(pk)")
    condition = {"ConditionExpression": "shelf = :was"}
    put = {"TableName": table.name, "Item": {**ALICE, "shelf": {"S": "top"}}, **condition}
    table.dynamodb.put_item(**put, ExpressionAttributeValues={":was": {"S": "right"}})

    assert ("left", "top") == (table.get(ALICE), table.get(ALICE, ConsistentRead=True))


async def test_what_was_deleted_since_is_still_there(table: Table) -> None:
    """By itself, in a batch, or in a transaction, and put back differently meanwhile."""
    table.put(BEATRICE, "left")
    await table.lag()
    table.dynamodb.delete_item(TableName=table.name, Key=ALICE)
    deleted = [{"DeleteRequest": {"Key": BEATRICE}}]
    table.dynamodb.batch_write_item(RequestItems={table.name: deleted})
    put = {"TableName": table.name, "Item": {**ALICE, "shelf": {"S": "right"}}}
    table.dynamodb.transact_write_items(TransactItems=[{"Put": put}])

    assert {"alice": "left", "beatrice": "left"} == table.scan()
    assert {"alice": "right"} == table.scan(ConsistentRead=True)


async def test_cancelled_transaction_leaves_both_times_alone(table: Table) -> None:
    """What was written before it is still what a read may miss."""
    await table.lag()
    table.update(ALICE, "right")
    put = {"TableName": table.name, "Item": {**BEATRICE, "shelf": {"S": "right"}}}
    check = {
        "TableName": table.name,
        "Key": {**ALICE, "sk": {"S": "x"}},
        "ConditionExpression": "attribute_exists(pk)",
    }

    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": check}])

    assert {"alice": "left"} == table.scan()
    assert {"alice": "right"} == table.scan(ConsistentRead=True)


async def test_reads_catch_up(table: Table) -> None:
    """After so many seconds the write is seen, without another one."""
    await table.lag(0.2)
    table.update(ALICE, "right")

    await eventually(lambda: table.get(ALICE) == "right")


async def test_reads_are_as_late_as_the_rule_that_strikes_says(table: Table) -> None:
    """The store remembers for the one that looks furthest back."""
    early = {"where": "table", "action": "stale", "seconds": FOR_EVER, "match": {"operation": "Query"}}
    late = {"where": "table", "action": "stale", "seconds": 0.05}
    await table.faults.tell("PUT", "", parse([early, late]))
    table.update(ALICE, "middle")
    await eventually(lambda: table.get(ALICE) == "middle")
    table.update(ALICE, "right")

    await eventually(lambda: table.get(ALICE) == "right")
    assert {"alice": "left"} == table.query()


async def test_rule_strikes_the_reads_that_it_names(table: Table) -> None:
    """By table, operation and number; only reads that may be stale are counted."""
    await table.lag(nth=2, match={"table": table.name, "operation": "GetItem"})
    table.update(ALICE, "right")
    table.get(ALICE, ConsistentRead=True)

    assert ["right", "left", "right"] == [table.get(ALICE) for _ in range(3)]
    assert {"alice": "right"} == table.query()
    assert [3, 1] == await table.counts()


async def test_nothing_is_remembered_without_the_rule(table: Table) -> None:
    """A new one begins with what is there."""
    await table.lag()
    table.update(ALICE, "right")
    await table.faults.tell("DELETE", "/rule-1")

    assert "right" == table.get(ALICE)
    await table.lag()
    assert "right" == table.get(ALICE)


async def test_table_made_anew_has_no_past(table: Table) -> None:
    """What another table of the same name held is gone with it."""
    await table.lag()
    table.update(ALICE, "right")
    table.dynamodb.delete_table(TableName=table.name)
    table.create()

    assert {} == table.scan()


async def test_table_without_sort_key_lags_as_well(table: Table) -> None:
    """Its items go by one key."""
    name = f"{table.name}-single"
    table.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    key = {"pk": {"S": "alice"}}
    table.dynamodb.put_item(TableName=name, Item=key)
    await table.lag()
    table.dynamodb.delete_item(TableName=name, Key=key)
    table.dynamodb.put_item(TableName=name, Item={"pk": {"S": "beatrice"}})

    assert [key] == table.dynamodb.scan(TableName=name)["Items"]
    assert key == table.dynamodb.get_item(TableName=name, Key=key)["Item"]


async def test_wrong_keys_are_refused_as_ever(table: Table) -> None:
    """Remembering does not come before the checks of a write."""
    await table.lag()

    for key in ({"pk": {"S": "library"}}, {"pk": {"N": "1"}, "sk": {"S": "x"}}):
        with pytest.raises(ClientError, match="ValidationException"):
            table.put(key, "left")
        with pytest.raises(ClientError, match="ValidationException"):
            table.update(key, "left")
