"""DynamoDB as the store serves it: the semantics that conditional counting rests on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_emulator.model import StoreResource
from local_emulator.services import client
from local_emulator.store.provision import provision

WRITERS = 8


class Items:
    """One table, by the low-level client."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        self.dynamodb = dynamodb
        self.name = name

    def put(self, sk: str, **attributes: Any) -> None:
        self.dynamodb.put_item(TableName=self.name, Item={**key(sk), **attributes})

    def get(self, sk: str) -> Any:
        return self.dynamodb.get_item(TableName=self.name, Key=key(sk), ConsistentRead=True).get("Item")

    def update(self, sk: str, expression: str, values: dict[str, Any], **arguments: Any) -> Any:
        return self.dynamodb.update_item(
            TableName=self.name,
            Key=key(sk),
            UpdateExpression=expression,
            ExpressionAttributeValues=values,
            **arguments,
        )

    def query(self, prefix: str, **arguments: Any) -> Any:
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        values = {":pk": {"S": "p"}, ":prefix": {"S": prefix}, **arguments.pop("values", {})}
        return self.dynamodb.query(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **arguments,
        )


def key(sk: str, pk: str = "p") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


@pytest.fixture
async def items(variables: Mapping[str, str], table: StoreResource) -> AsyncIterator[Items]:
    provision([table], variables)
    config = Config(max_pool_connections=WRITERS, retries={"total_max_attempts": 1})
    dynamodb = client("dynamodb", variables, config=config)
    yield Items(dynamodb, table.name)
    dynamodb.close()


def test_add_loses_nothing_when_eight_write_at_once(items: Items) -> None:
    """Eight writers on one item: the sum and the set of numbers are complete, and the values returned all differ."""

    def write(number: int) -> str:
        answer = items.update(
            "counter",
            "ADD hits :one, done :number",
            {":one": {"N": "1"}, ":number": {"NS": [str(number)]}},
            ReturnValues="UPDATED_NEW",
        )
        return str(answer["Attributes"]["hits"]["N"])

    with ThreadPoolExecutor(WRITERS) as pool:
        totals = list(pool.map(write, range(400)))

    assert sorted(map(int, totals)) == list(range(1, 401))
    stored = items.get("counter")
    assert stored["hits"] == {"N": "400"}
    assert set(stored["done"]["NS"]) == {str(number) for number in range(400)}


def test_conditional_set_add_counts_each_number_once_when_eight_compete(items: Items) -> None:
    """Each number is offered by every writer, and exactly one of them gets it in."""

    def write(number: int) -> bool:
        try:
            items.update(
                "counter",
                "ADD done :numbers, hits :one",
                {":numbers": {"NS": [str(number)]}, ":number": {"N": str(number)}, ":one": {"N": "1"}},
                ConditionExpression="NOT contains(done, :number)",
            )
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
            return False
        return True

    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(write, [number for number in range(25) for _ in range(WRITERS)]))

    assert won.count(True) == 25
    assert items.get("counter")["hits"] == {"N": "25"}
    assert len(items.get("counter")["done"]["NS"]) == 25


def test_not_contains_holds_when_the_attribute_is_missing(items: Items) -> None:
    """A condition on an attribute that is not there yet lets the first write in, on a new item too."""
    values = {":number": {"N": "3"}, ":numbers": {"NS": ["3"]}}
    items.put("there")
    for sk in ("there", "not-there"):
        items.update(sk, "ADD done :numbers", values, ConditionExpression="NOT contains(done, :number)")

        assert items.get(sk)["done"] == {"NS": ["3"]}


def test_contains_compares_numbers_by_value(items: Items) -> None:
    """3 and 3.0 are one number, and 1 is not contained in 10."""
    items.put("set", done={"NS": ["3", "10"]})

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        items.update("set", "SET x = :x", {":x": {"N": "1"}, ":n": {"N": "3.0"}},
                     ConditionExpression="NOT contains(done, :n)")  # fmt: skip
    items.update("set", "SET x = :x", {":x": {"N": "1"}, ":n": {"N": "1"}},
                 ConditionExpression="NOT contains(done, :n)")  # fmt: skip


def test_failed_condition_returns_the_item_when_asked(items: Items) -> None:
    """ReturnValuesOnConditionCheckFailure=ALL_OLD works on put and on update."""
    items.put("item", status={"S": "old"})
    arguments = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

    with pytest.raises(ClientError) as put:
        items.dynamodb.put_item(
            TableName=items.name,
            Item=key("item"),
            ConditionExpression="attribute_not_exists(pk)",
            **arguments,
        )
    with pytest.raises(ClientError) as update:
        items.update("item", "SET #s = :new", {":new": {"S": "new"}, ":wanted": {"S": "other"}},
                     ExpressionAttributeNames={"#s": "status"}, ConditionExpression="#s = :wanted",
                     **arguments)  # fmt: skip

    for raised in (put, update):
        assert raised.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
        assert raised.value.response["Item"] == {**key("item"), "status": {"S": "old"}}  # type: ignore[typeddict-item]
    assert items.get("item")["status"] == {"S": "old"}


def test_update_without_an_item_condition_creates_it(items: Items) -> None:
    """`attribute_exists` stops an update from making an item out of nothing."""
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        items.update("none", "SET x = :x", {":x": {"N": "1"}}, ConditionExpression="attribute_exists(pk)")
    assert items.get("none") is None

    answer = items.update(
        "none", "SET x = if_not_exists(x, :x) + :x", {":x": {"N": "1"}}, ReturnValues="ALL_NEW"
    )
    assert answer["Attributes"] == {**key("none"), "x": {"N": "2"}}


def test_query_gives_a_partition_in_order_and_in_pages(items: Items) -> None:
    """begins_with, Limit, ExclusiveStartKey and both directions; other partitions stay out."""
    for number in range(30):
        items.put(f"ITEM#{number:02}", n={"N": str(number)})
    items.put("META")
    items.dynamodb.put_item(TableName=items.name, Item=key("ITEM#99", pk="other"))

    first = items.query("ITEM#", Limit=20)
    rest = items.query("ITEM#", Limit=20, ExclusiveStartKey=first["LastEvaluatedKey"])
    backward = items.query("ITEM#", ScanIndexForward=False, Limit=3)

    found = [item["sk"]["S"] for item in [*first["Items"], *rest["Items"]]]
    assert found == [f"ITEM#{number:02}" for number in range(30)]
    assert first["LastEvaluatedKey"] == key("ITEM#19")
    assert "LastEvaluatedKey" not in rest
    assert [item["sk"]["S"] for item in backward["Items"]] == ["ITEM#29", "ITEM#28", "ITEM#27"]


def test_query_pages_backwards(items: Items) -> None:
    """A page that goes down continues below its start key."""
    for number in range(6):
        items.put(f"ITEM#{number}")

    first = items.query("ITEM#", ScanIndexForward=False, Limit=4)
    rest = items.query("ITEM#", ScanIndexForward=False, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert [item["sk"]["S"] for item in rest["Items"]] == ["ITEM#1", "ITEM#0"]


def test_query_starts_behind_a_key_that_does_not_exist(items: Items) -> None:
    """A cursor stays good when its row has gone."""
    for number in (1, 2, 4, 5):
        items.put(f"ITEM#{number}")

    answer = items.query("ITEM#", ExclusiveStartKey=key("ITEM#3"))

    assert [item["sk"]["S"] for item in answer["Items"]] == ["ITEM#4", "ITEM#5"]


def test_query_filters_and_projects(items: Items) -> None:
    """FilterExpression on a missing attribute, and ProjectionExpression with names."""
    items.put("ITEM#1", ttl={"N": "10"}, title={"S": "expired"})
    items.put("ITEM#2", ttl={"N": "1000"}, title={"S": "live"}, other={"BOOL": True})
    items.put("ITEM#3", title={"S": "eternal"})

    answer = items.query(
        "ITEM#",
        FilterExpression="attribute_not_exists(#ttl) OR #ttl > :now",
        ProjectionExpression="sk, #title",
        ExpressionAttributeNames={"#ttl": "ttl", "#title": "title"},
        values={":now": {"N": "500"}},
    )

    assert answer["Items"] == [
        {"sk": {"S": "ITEM#2"}, "title": {"S": "live"}},
        {"sk": {"S": "ITEM#3"}, "title": {"S": "eternal"}},
    ]


def test_every_type_comes_back_as_it_was_written(items: Items) -> None:
    """Binary, sets, nested lists and maps, booleans and null survive a write and three kinds of read."""
    values: dict[str, Any] = {
        "text": {"S": "grüße 漢字"},
        "empty": {"S": ""},
        "number": {"N": "-12.5"},
        "bytes": {"B": b"\x00\xff"},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
        "blobs": {"BS": [b"\x01", b"\x02"]},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "list": {"L": [{"S": "x"}, {"M": {"deep": {"B": b"\x03"}}}, {"L": []}]},
        "map": {"M": {"inner": {"N": "1"}, "none": {"M": {}}}},
    }
    items.put("all", **values)

    read = [
        items.get("all"),
        items.query("all")["Items"][0],
        items.update("all", "SET touched = :t", {":t": {"N": "1"}}, ReturnValues="ALL_OLD")["Attributes"],
    ]

    for item in read:
        for kind in ("texts", "numbers", "blobs"):
            ((_, members),) = item[kind].items()
            members.sort()
        assert item == {**key("all"), **values}


def test_batch_write_puts_and_deletes(items: Items) -> None:
    """BatchWriteItem takes 25 requests and leaves nothing undone."""
    puts = [{"PutRequest": {"Item": key(f"ITEM#{number:02}")}} for number in range(25)]
    assert items.dynamodb.batch_write_item(RequestItems={items.name: puts})["UnprocessedItems"] == {}
    deletes = [{"DeleteRequest": {"Key": key(f"ITEM#{number:02}")}} for number in range(24)]
    items.dynamodb.batch_write_item(RequestItems={items.name: deletes})

    assert [item["sk"]["S"] for item in items.query("ITEM#")["Items"]] == ["ITEM#24"]


def test_transaction_is_refused_whole(items: Items) -> None:
    """One failing condition keeps everything out, and its reason stands at its place."""
    items.put("there")
    writes = [
        {"Put": {"TableName": items.name, "Item": key("new")}},
        {
            "Put": {
                "TableName": items.name,
                "Item": key("there"),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]

    with pytest.raises(ClientError) as raised:
        items.dynamodb.transact_write_items(TransactItems=writes)

    reasons: Any = raised.value.response
    assert [reason["Code"] for reason in reasons["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert items.get("new") is None


def test_provision_keeps_a_table_that_is_there(
    items: Items, variables: Mapping[str, str], table: StoreResource
) -> None:
    """A DynamoDB of the person's own keeps its data from run to run."""
    items.put("kept")

    provision([table], variables)

    assert items.get("kept") is not None


def test_time_to_live_is_set(items: Items) -> None:
    """The template's TTL attribute is the table's."""
    described = items.dynamodb.describe_time_to_live(TableName=items.name)["TimeToLiveDescription"]

    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_projection_takes_attributes_and_parts_of_them(items: Items) -> None:
    """Whole ones as they are, whatever their type; by a path what is there of them; absent ones not at all."""
    there: Any = {"set": {"NS": ["1", "22"]}, "map": {"M": {"a": {"N": "7"}, "b": {"S": "x"}}}}
    items.put("0", **there)
    names = {"#map": "map", "#set": "set"}

    whole = items.query("0", ProjectionExpression="sk, #set, #map, absent", ExpressionAttributeNames=names)
    part = items.query("0", ProjectionExpression="#map.a, #set", ExpressionAttributeNames=names)

    assert whole["Items"] == [{"sk": {"S": "0"}, **there}]
    assert part["Items"] == [{"map": {"M": {"a": {"N": "7"}}}, "set": there["set"]}]
    assert items.get("0") == {**key("0"), **there}


def test_an_expression_that_is_sent_again_is_about_other_values(items: Items) -> None:
    """Texts are remembered, and nothing of what they were used for."""
    items.put("a", n={"N": "1"}, spines={"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]})
    items.put("b", n={"N": "5"}, spines={"L": [{"N": "4"}]})
    expression = "SET #x = if_not_exists(#x, :zero) + :more REMOVE spines[0] ADD done :done"
    for number, sk in ((1, "a"), (2, "b"), (3, "a")):
        items.update(
            sk,
            expression,
            {
                ":more": {"N": str(number)},
                ":zero": {"N": "0"},
                ":done": {"NS": [str(number)]},
                ":least": {"N": "1"},
            },
            ExpressionAttributeNames={"#x": "n" if sk == "a" else "m"},
            ConditionExpression="n >= :least",
        )

    assert {
        **key("a"),
        "n": {"N": "5"},
        "spines": {"L": [{"N": "3"}]},
        "done": {"NS": ["1", "3"]},
    } == items.get("a")
    assert {
        **key("b"),
        "n": {"N": "5"},
        "m": {"N": "2"},
        "spines": {"L": []},
        "done": {"NS": ["2"]},
    } == items.get("b")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("SET a = :x SET b = :x", 'The "SET" section can only be used once'),
        ("SET a = :x, a = :x", "Two document paths overlap"),
        ("SET size = :x", "reserved keyword"),
        ("SET pk = :x", "part of the key"),
        ("SET a = :x, b = :y", "not defined"),
        ("SET a = a + :x", "incorrect data type"),
        ("SET a =", "Syntax error"),
    ],
)
def test_a_wrong_expression_is_refused_however_often_it_is_sent(
    items: Items, expression: str, words: str
) -> None:
    """With the same words each time."""
    items.put("a", a={"S": "text"})
    told = set()
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            items.update("a", expression, {":x": {"S": "1"}})
        told.add(str(refused.value))

    assert 1 == len(told)
    assert words in told.pop()
