"""A table's stream: order, batches, filters, failures."""

from __future__ import annotations

import json
from typing import Any

from tests.templates.events.conftest import Running

TEMPLATE = "streams.yaml"


async def put(running: Running, pk: str, **attributes: str) -> None:
    item = {"pk": {"S": pk}, **{name: {"S": value} for name, value in attributes.items()}}
    await running.call("dynamodb", "put_item", TableName="items", Item=item)


def names(records: list[Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]


async def test_changes_come_in_order_with_both_images(running: Running) -> None:
    """INSERT, MODIFY and REMOVE, in the shape of the Lambda guide; what changes nothing leaves no record."""
    await running.call(
        "dynamodb", "put_item", TableName="items", Item={"pk": {"S": "a"}, "raw": {"B": b"\x00"}}
    )
    await put(running, "a", kind="new")
    await put(running, "a", kind="new")
    await running.call("dynamodb", "delete_item", TableName="items", Key={"pk": {"S": "a"}})
    await running.until(lambda: len(running.records("Everything")) == 3)

    inserted, modified, removed = running.records("Everything")
    assert [inserted["eventName"], modified["eventName"], removed["eventName"]] == [
        "INSERT",
        "MODIFY",
        "REMOVE",
    ]
    assert inserted["eventSource"] == "aws:dynamodb"
    assert inserted["eventVersion"] in ("1.0", "1.1")
    assert inserted["awsRegion"] == "us-east-1"
    assert inserted["eventSourceARN"] == running.emulator.application.outputs["Stream"]
    assert inserted["dynamodb"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert inserted["dynamodb"]["NewImage"] == {"pk": {"S": "a"}, "raw": {"B": "AA=="}}
    assert "OldImage" not in inserted["dynamodb"]
    assert isinstance(inserted["dynamodb"]["ApproximateCreationDateTime"], float)
    assert modified["dynamodb"]["OldImage"]["raw"] == {"B": "AA=="}
    assert modified["dynamodb"]["NewImage"]["kind"] == {"S": "new"}
    assert "NewImage" not in removed["dynamodb"]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in running.records("Everything")]
    assert numbers == sorted(set(numbers))


async def test_batches_are_no_larger_than_the_batch_size(running: Running) -> None:
    """One batch at a time and in order; a window fills them."""
    for number in range(5):
        await put(running, f"n{number}")
    await running.until(lambda: len(running.records("Everything")) == 5)

    assert names(running.records("Everything")) == ["n0", "n1", "n2", "n3", "n4"]
    assert max(len(event["Records"]) for event in running.events("Everything")) == 2


async def test_filter_keeps_the_rest_from_the_function(running: Running) -> None:
    """A record must match a pattern, by its name and by what is in its image."""
    await put(running, "1", kind="a")
    await put(running, "1", kind="b")
    await put(running, "2", kind="c")
    await put(running, "3", kind="b")
    await running.until(lambda: len(running.records("Inserted")) == 2)

    assert names(running.records("Inserted")) == ["1", "3"]


async def test_failing_batch_is_tried_again_and_then_given_up(running: Running) -> None:
    """MaximumRetryAttempts more tries of the same batch, then the destination is told where in the stream it was."""
    await put(running, "fail-1")
    told = json.loads((await running.messages("GivenUp"))[0])

    assert names(running.records("Failing")) == ["fail-1", "fail-1"]
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    assert told["responseContext"]["functionError"] == "Unhandled"
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1
    number = running.records("Failing")[0]["dynamodb"]["SequenceNumber"]
    assert told["DDBStreamBatchInfo"]["startSequenceNumber"] == number
    await put(running, "fail-2")
    await running.until(lambda: "fail-2" in names(running.records("Failing")))


async def test_reported_failure_is_where_the_batch_goes_on(running: Running) -> None:
    """What comes before the reported record is done with; it and what follows come again."""
    for name in ("a", "b", "c"):
        await put(running, name, state="bad" if name == "b" else "good")
    await running.until(lambda: len(running.events("Partial")) == 2)

    assert [names(event["Records"]) for event in running.events("Partial")] == [["a", "b", "c"], ["b", "c"]]


async def test_failing_batch_is_halved_until_the_bad_record_stands_alone(running: Running) -> None:
    """With BisectBatchOnFunctionError only the record that fails is lost; the others come in their order."""
    for name in ("a", "fail", "b", "c"):
        await put(running, name)
    await running.until(
        lambda: [event for event in running.events("Bisected") if names(event["Records"]) == ["b", "c"]]
    )

    assert [names(event["Records"]) for event in running.events("Bisected")] == [
        ["a", "fail", "b", "c"],
        ["a", "fail"],
        ["a"],
        ["fail"],
        ["fail"],
        ["b", "c"],
    ]
