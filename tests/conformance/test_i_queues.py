"""I: queues that invoke functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.conformance.cases import DOCUMENTED, case
from tests.conformance.target import Event, Target, eventually, new_key


def send(target: Target, queue: str, *bodies: Any, **more: Any) -> list[str]:
    """Sends messages at once, and gives their ids."""
    entries = [{"Id": str(n), "MessageBody": json.dumps(body), **more} for n, body in enumerate(bodies)]
    url = target.outputs[f"{queue}Url"]
    answer = target.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert not answer.get("Failed")
    placed = {it["Id"]: it["MessageId"] for it in answer["Successful"]}
    return [placed[entry["Id"]] for entry in entries]


async def is_empty(target: Target, queue: str) -> bool:
    """Waits until nothing is left of a queue, and nothing under way."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = target.outputs[f"{queue}Url"]

    def empty() -> bool:
        answer = target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return all(answer["Attributes"][name] == "0" for name in names)

    return await eventually(empty, seconds=120, what=f"{queue} is empty")


def source_bodies(events: Sequence[Event]) -> list[Any]:
    """The message that each recorded event was recorded for, in order."""
    return [
        json.loads(record["body"])["n"]
        for event in events
        for record in event["Records"]
        if record["messageId"] == event["source"]
    ]


@case("I1", DOCUMENTED)
async def test_i1_a_record_has_everything_of_its_message(target: Target, failing: str) -> None:
    """A record has id, receipt handle, body, attributes, message attributes, MD5, source, ARN and region."""
    key = new_key()
    attributes = {"kind": {"DataType": "String", "StringValue": "greeting"}}
    (message_id,) = send(target, "PlainQueue", {"case": key}, MessageAttributes=attributes)
    (event,) = await target.events(key)
    record = event["Records"][0]

    body = json.dumps({"case": key})
    assert (message_id, body) == (record["messageId"], record["body"])
    assert hashlib.md5(body.encode()).hexdigest() == record["md5OfBody"]
    assert "aws:sqs" == record["eventSource"]
    assert record["eventSourceARN"].startswith(f"arn:aws:sqs:{record['awsRegion']}:")
    assert record["receiptHandle"]
    names = {"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    assert names <= set(record["attributes"])
    assert "1" == record["attributes"]["ApproximateReceiveCount"]
    greeting = record["messageAttributes"]["kind"]
    assert ("greeting", "String") == (greeting["stringValue"], greeting["dataType"])


@case("I2", DOCUMENTED)
async def test_i2_a_batch_is_deleted_when_it_succeeds(target: Target) -> None:
    """A batch has 10 messages by default, and is deleted when the function succeeds."""
    key = new_key()
    bodies = [{"case": key, "n": n} for n in range(10)]
    send(target, "PlainQueue", *bodies)
    events = await target.events(key, 10)

    assert sorted(source_bodies(events)) == list(range(10))
    assert max(len(event["Records"]) for event in events) <= 10
    assert await is_empty(target, "PlainQueue")


@case("I2", DOCUMENTED)
async def test_i2_a_window_waits_to_fill(target: Target) -> None:
    """A window waits until a batch is full."""
    key = new_key()
    for n in range(3):
        send(target, "WindowedQueue", {"case": key, "n": n})
    events = await target.events(key, 3)

    assert 3 == max(len(event["Records"]) for event in events)


EVERYTHING_FAILED = (
    {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
    {"batchItemFailures": [{"itemIdentifier": ""}]},
    {"batchItemFailures": [{"itemIdentifier": None}]},
    {"batchItemFailures": [{"wrong": "name"}]},
)
EVERYTHING_SUCCEEDED: tuple[Any, ...] = (None, {}, {"batchItemFailures": []}, {"batchItemFailures": None})


@pytest.fixture(scope="module")
def failing(target: Target) -> str:
    """Messages that fail in all ways, sent together: their visibility times pass side by side. Gives their case."""
    key = new_key()
    send(target, "PoisonedQueue", {"case": f"{key}/poison", "n": 0, "fail": [1, 2, 3]})
    send(target, "WholeQueue", *_pair(f"{key}/whole"))
    send(target, "ReportedQueue", *_pair(f"{key}/reported"))
    for kind, answers in (("failed", EVERYTHING_FAILED), ("succeeded", EVERYTHING_SUCCEEDED)):
        for n, answer in enumerate(answers):
            send(target, "ReportedQueue", *_pair(f"{key}/{kind}{n}", do={"answer": answer}))
    return key


def _pair(key: str, **more: Any) -> tuple[Any, Any]:
    """Two messages, the second of which fails at the first receive."""
    return {"case": key, "n": 0}, {"case": key, "n": 1, "fail": [1], **more}


@case("I3", DOCUMENTED)
@pytest.mark.timeout(200)
async def test_i3_a_failed_batch_comes_again_whole(target: Target, failing: str) -> None:
    """A function that fails has its whole batch again, after the visibility time."""
    events = await target.events(f"{failing}/whole", 4)

    assert [0, 0, 1, 1] == sorted(source_bodies(events))
    assert await is_empty(target, "WholeQueue")


@case("I4", DOCUMENTED)
@pytest.mark.timeout(300)
async def test_i4_only_reported_failures_come_again(target: Target, failing: str) -> None:
    """With ReportBatchItemFailures only the reported messages come again; an empty report, or none, is success.

    An unknown or empty id, or a malformed report, fails the whole batch.
    """
    assert await is_empty(target, "ReportedQueue")

    async def times(kind: str) -> list[Any]:
        return sorted(source_bodies(await target.events(f"{failing}/{kind}")))

    assert [0, 1, 1] == await times("reported")
    for n in range(len(EVERYTHING_FAILED)):
        assert [0, 0, 1, 1] == await times(f"failed{n}")
    for n in range(len(EVERYTHING_SUCCEEDED)):
        assert [0, 1] == await times(f"succeeded{n}")


@case("I5", DOCUMENTED)
@pytest.mark.timeout(200)
async def test_i5_what_fails_too_often_goes_to_the_dead_letters(target: Target, failing: str) -> None:
    """After `maxReceiveCount` receives a message goes to the dead-letter queue."""
    key = f"{failing}/poison"
    url = target.outputs["DeadQueueUrl"]

    def dead() -> Any:
        got = target.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=5)
        return next((it for it in got.get("Messages", []) if key in it["Body"]), None)

    assert await eventually(dead, seconds=120)
    assert 2 == len(await target.seen_so_far(key))


@case("I6", DOCUMENTED)
async def test_i6_concurrency_is_bounded(target: Target) -> None:
    """MaximumConcurrency bounds the invocations at one time; the other messages wait."""
    key, go = new_key(), new_key()
    send(target, "NarrowQueue", *({"case": key, "n": n, "await": go} for n in range(4)))
    at_first = await target.events(key, 2)
    await target.go(go)
    events = await target.events(key, 4)

    assert 2 == len(at_first)
    assert [0, 1, 2, 3] == sorted(source_bodies(events))
    assert await is_empty(target, "NarrowQueue")


@case("I9", DOCUMENTED)
async def test_i9_a_fifo_queue_keeps_the_order_of_a_group(target: Target) -> None:
    """Of a FIFO queue the messages of a group come in order, one batch of the group at a time."""
    key = new_key()
    send(target, "OrderedQueue", *({"case": key, "n": n} for n in range(6)), MessageGroupId=f"group-{key}")
    events = await target.events(key, 6)

    assert [0, 1, 2, 3, 4, 5] == source_bodies(events)


@case("I10", DOCUMENTED)
async def test_i10_what_a_filter_does_not_want_is_deleted(target: Target) -> None:
    """What a mapping's filter does not match is deleted unseen."""
    key = new_key()
    kinds = ("unwanted", "wanted", "unwanted")
    send(target, "FilteredQueue", *({"case": key, "n": n, "kind": kind} for n, kind in enumerate(kinds)))
    assert await is_empty(target, "FilteredQueue")

    assert [1] == source_bodies(await target.events(key))
