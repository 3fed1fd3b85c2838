"""Event source mappings from SQS, with the real store and a function that is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from local_emulator.invocation import Outcome, TooManyRequestsError
from local_emulator.model import SqsEventSource, StoreResource
from local_emulator.services import client
from local_emulator.sources.sqs import SqsSource
from local_emulator.store.provision import provision
from tests.integration.emulator.helpers import eventually


@dataclass
class Function:
    """Stands for a pool: records events and answers as it is told."""

    answer: Callable[[Mapping[str, Any]], Outcome] = lambda event: outcome(b"null")
    events: list[Mapping[str, Any]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0
    most: int = 0

    async def invoke(
        self, function: str, event: Mapping[str, Any], *, timeout_seconds: float | None = None
    ) -> Outcome:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            self.events.append(event)
            await self.gate.wait()
            return self.answer(event)
        finally:
            self.running -= 1

    def bodies(self) -> list[str]:
        return [record["body"] for event in self.events for record in event["Records"]]


def outcome(payload: bytes, error: str | None = None) -> Outcome:
    return Outcome(request_id="r", payload=payload, error=error)


class Queue:
    """The queue that the mapping reads."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs
        self.url = sqs.get_queue_url(QueueName="local-Queue")["QueueUrl"]

    async def send(self, *bodies: str) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        await asyncio.to_thread(self.sqs.send_message_batch, QueueUrl=self.url, Entries=entries)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(map(int, answer.values()))


@asynccontextmanager
async def mapping(
    variables: Mapping[str, str], function: Function, *, visibility: int = 30, **settings: Any
) -> AsyncIterator[Queue]:
    resource = StoreResource(
        logical_id="Queue",
        type="AWS::SQS::Queue",
        name="local-Queue",
        properties={"VisibilityTimeout": visibility},
    )
    await asyncio.to_thread(provision, [resource], variables)
    source = SqsEventSource(logical_id="Mapping", function="F", queue="Queue", **settings)
    poller = SqsSource(source, resource, function, client("sqs", variables))
    sqs = client("sqs", variables)
    await poller.start()
    try:
        yield Queue(sqs)
    finally:
        await poller.stop()
        sqs.close()


@pytest.fixture
def function() -> Function:
    made = Function()
    made.gate.set()
    return made


async def test_message_reaches_the_function_and_is_deleted(
    variables: Mapping[str, str], function: Function
) -> None:
    """I1 and I2: one record of Lambda's shape, and nothing left in the queue."""
    async with mapping(variables, function) as queue:
        await asyncio.to_thread(
            queue.sqs.send_message,
            QueueUrl=queue.url,
            MessageBody="hello",
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": "greeting"},
                "raw": {"DataType": "Binary", "BinaryValue": b"\x00"},
            },
        )
        await eventually(lambda: function.events and not queue.left())

        ((record,),) = [event["Records"] for event in function.events]
        assert record["body"] == "hello"
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:local-Queue"
        assert record["awsRegion"] == "us-east-1"
        assert record["attributes"]["ApproximateReceiveCount"] == "1"
        assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= set(record["attributes"])
        assert record["messageAttributes"]["kind"] == {
            "stringValue": "greeting",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        }
        assert record["messageAttributes"]["raw"]["binaryValue"] == "AA=="
        assert record["md5OfBody"] == "5d41402abc4b2a76b9719d911017c592"
        assert record["messageId"]
        assert record["receiptHandle"]


async def test_batches_are_no_larger_than_the_batch_size(
    variables: Mapping[str, str], function: Function
) -> None:
    """BatchSize 1 gives one record an invocation, however many messages come at once."""
    async with mapping(variables, function, batch_size=1) as queue:
        await queue.send(*"abcdefgh")
        await eventually(lambda: not queue.left())

        assert sorted(function.bodies()) == list("abcdefgh")
        assert {len(event["Records"]) for event in function.events} == {1}


async def test_window_waits_to_fill_a_batch(variables: Mapping[str, str], function: Function) -> None:
    """I2: with a window, messages sent one after the other come together; a full batch does not wait for its end."""
    async with mapping(variables, function, batch_size=3, batch_window_seconds=60) as queue:
        for body in "abc":
            await queue.send(body)
        await eventually(lambda: function.events)

        assert function.bodies() == ["a", "b", "c"]
        assert len(function.events) == 1


async def test_concurrency_is_bounded(variables: Mapping[str, str]) -> None:
    """I6: MaximumConcurrency bounds the invocations; the others stay in the queue for whoever may take them."""
    function = Function()
    async with mapping(variables, function, batch_size=1, maximum_concurrency=2) as queue:
        await queue.send(*"abcdef")
        await eventually(lambda: function.running == 2)
        function.gate.set()
        await eventually(lambda: not queue.left())

        assert function.most == 2
        assert len(function.events) == 6


async def test_failed_batch_comes_again_whole(variables: Mapping[str, str], function: Function) -> None:
    """I3: an error leaves every message to its visibility time-out."""
    function.answer = lambda event: (
        outcome(b"{}", "Unhandled") if len(function.events) == 1 else outcome(b"null")
    )
    async with mapping(variables, function, visibility=1) as queue:
        await queue.send("a", "b")
        await eventually(lambda: not queue.left() and len(function.bodies()) == 4)

        counts = [
            record["attributes"]["ApproximateReceiveCount"] for record in function.events[-1]["Records"]
        ]
        assert set(counts) == {"2"}


async def test_reported_failures_come_again_alone(variables: Mapping[str, str], function: Function) -> None:
    """I4: only the reported message returns."""

    def answer(event: Mapping[str, Any]) -> Outcome:
        failed = [
            record["messageId"]
            for record in event["Records"]
            if record["body"] == "bad" and record["attributes"]["ApproximateReceiveCount"] == "1"
        ]
        reports = ",".join(f'{{"itemIdentifier":"{identifier}"}}' for identifier in failed)
        return outcome(f'{{"batchItemFailures":[{reports}]}}'.encode())

    function.answer = answer
    async with mapping(variables, function, visibility=1, report_batch_item_failures=True) as queue:
        await queue.send("good", "bad")
        await eventually(lambda: not queue.left() and len(function.bodies()) == 3)

        assert sorted(function.bodies()) == ["bad", "bad", "good"]


async def test_throttled_function_is_tried_again(variables: Mapping[str, str], function: Function) -> None:
    """A function at its reserved concurrency costs the messages no receive."""
    refusals = iter([True, True])

    def answer(event: Mapping[str, Any]) -> Outcome:
        if next(refusals, False):
            raise TooManyRequestsError("busy")
        return outcome(b"null")

    function.answer = answer
    async with mapping(variables, function) as queue:
        await queue.send("a")
        await eventually(lambda: not queue.left())

        assert function.bodies() == ["a", "a", "a"]
        records = [event["Records"][0] for event in function.events]
        assert {record["attributes"]["ApproximateReceiveCount"] for record in records} == {"1"}
