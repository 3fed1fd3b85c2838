"""SQS as the store serves it: waiting, delays, visibility and redrive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_emulator.model import StoreResource
from local_emulator.services import client
from local_emulator.store.provision import provision


def queue(logical_id: str, **properties: Any) -> StoreResource:
    return StoreResource(
        logical_id=logical_id, type="AWS::SQS::Queue", name=f"local-{logical_id}", properties=properties
    )


class Queue:
    """One queue, by the low-level client."""

    def __init__(self, sqs: Any, name: str) -> None:
        self.sqs = sqs
        self.url = sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def send(self, body: str, **arguments: Any) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **arguments)

    def receive(self, wait: int = 0, count: int = 10, **arguments: Any) -> list[Any]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            WaitTimeSeconds=wait,
            MaxNumberOfMessages=count,
            MessageSystemAttributeNames=["All"],
            **arguments,
        )
        return list(answer.get("Messages", []))

    def change(self, message: Any, seconds: int) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )


@pytest.fixture
async def sqs(variables: Mapping[str, str]) -> AsyncIterator[Any]:
    provision(
        [
            queue(
                "Work",
                VisibilityTimeout="7",
                RedrivePolicy={
                    "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:local-Dead",
                    "maxReceiveCount": "2",
                },
            ),
            queue("Dead", MessageRetentionPeriod=1209600),
            queue("Patient", ReceiveMessageWaitTimeSeconds=20),
            queue("Ordered.fifo", FifoQueue=True, ContentBasedDeduplication=True),
        ],
        variables,
    )
    made = client("sqs", variables)
    yield made
    made.close()


async def test_provision_sets_the_attributes_of_the_template(sqs: Any) -> None:
    """Visibility, retention and a redrive policy that names a queue declared later."""
    work, dead = Queue(sqs, "local-Work"), Queue(sqs, "local-Dead")
    read = sqs.get_queue_attributes(QueueUrl=work.url, AttributeNames=["All"])["Attributes"]

    assert work.url == "https://sqs.us-east-1.amazonaws.com/123456789012/local-Work"
    assert read["VisibilityTimeout"] == "7"
    assert json.loads(read["RedrivePolicy"])["maxReceiveCount"] == 2
    retention = sqs.get_queue_attributes(QueueUrl=dead.url, AttributeNames=["MessageRetentionPeriod"])
    assert retention["Attributes"] == {"MessageRetentionPeriod": "1209600"}


async def test_receive_waits_without_holding_up_others(sqs: Any) -> None:
    """Two long polls are open while messages are sent, and each ends with its message."""
    work, patient = Queue(sqs, "local-Work"), Queue(sqs, "local-Patient")
    polls = [
        asyncio.create_task(asyncio.to_thread(work.receive, wait=20)),
        asyncio.create_task(asyncio.to_thread(sqs.receive_message, QueueUrl=patient.url)),
    ]
    dead = Queue(sqs, "local-Dead")
    assert await asyncio.to_thread(dead.receive) == []

    work.send("to work")
    patient.send("to the queue whose own attribute waits")
    async with asyncio.timeout(10):
        received, answered = await asyncio.gather(*polls)

    assert [message["Body"] for message in received] == ["to work"]
    assert [message["Body"] for message in answered["Messages"]] == ["to the queue whose own attribute waits"]


async def test_receive_returns_empty_when_its_wait_is_over(sqs: Any) -> None:
    """An empty answer has no Messages, and an empty wait is bounded."""
    work = Queue(sqs, "local-Work")

    assert await asyncio.to_thread(work.receive, wait=1) == []


async def test_delayed_message_comes_when_it_is_due(sqs: Any) -> None:
    """DelaySeconds hides a message, and a waiting receiver gets it without being told."""
    work = Queue(sqs, "local-Work")
    work.send("later", DelaySeconds=1)

    assert work.receive() == []
    (message,) = await asyncio.to_thread(work.receive, wait=10)
    assert message["Body"] == "later"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


async def test_message_comes_back_when_its_visibility_ends(sqs: Any) -> None:
    """A message in flight is hidden; shortened visibility brings it back with a higher count."""
    work = Queue(sqs, "local-Work")
    work.send("again")
    (message,) = work.receive()
    assert work.receive() == []

    work.change(message, 1)
    (again,) = await asyncio.to_thread(work.receive, wait=10)

    assert again["MessageId"] == message["MessageId"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert (
        again["Attributes"]["ApproximateFirstReceiveTimestamp"]
        == message["Attributes"]["ApproximateFirstReceiveTimestamp"]
    )


async def test_visibility_zero_wakes_a_waiting_receiver(sqs: Any) -> None:
    """A message that is given back goes to whoever waits."""
    work = Queue(sqs, "local-Work")
    work.send("given back")
    (message,) = work.receive()
    poll = asyncio.create_task(asyncio.to_thread(work.receive, wait=20))

    await asyncio.to_thread(work.change, message, 0)
    async with asyncio.timeout(5):
        (again,) = await poll

    assert again["MessageId"] == message["MessageId"]


@pytest.mark.parametrize(
    ("seconds", "allowed"), [(43_000, True), (43_201, False)], ids=["under-12-h", "over-12-h"]
)
async def test_visibility_is_bounded_by_twelve_hours(sqs: Any, seconds: int, allowed: bool) -> None:
    """ChangeMessageVisibility takes up to 43,200 seconds."""
    work = Queue(sqs, "local-Work")
    work.send("long")
    (message,) = work.receive()

    if allowed:
        work.change(message, seconds)
    else:
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            work.change(message, seconds)


async def test_message_moves_to_the_dead_letter_queue_after_its_receives(sqs: Any) -> None:
    """I5: after maxReceiveCount receives it is redriven, which a receiver waiting there gets to know."""
    work, dead = Queue(sqs, "local-Work"), Queue(sqs, "local-Dead")
    work.send("poison")
    for _ in range(2):
        (message,) = await asyncio.to_thread(work.receive, wait=5)
        work.change(message, 0)
    poll = asyncio.create_task(asyncio.to_thread(dead.receive, wait=20))

    assert await asyncio.to_thread(work.receive, wait=1) == []
    async with asyncio.timeout(5):
        (dead_letter,) = await poll

    assert dead_letter["Body"] == "poison"
    assert dead_letter["MessageId"] == message["MessageId"]


async def test_delete_batch_removes_messages(sqs: Any) -> None:
    """What is deleted does not come back; a receipt handle that never was is refused."""
    work = Queue(sqs, "local-Work")
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(10)]
    sqs.send_message_batch(QueueUrl=work.url, Entries=entries)
    received = work.receive()
    deletes = [{"Id": message["Body"], "ReceiptHandle": message["ReceiptHandle"]} for message in received]
    answer = sqs.delete_message_batch(
        QueueUrl=work.url, Entries=[*deletes[:9], {"Id": "x", "ReceiptHandle": "made-up"}]
    )

    assert len(answer["Successful"]) == 9
    assert [failed["Id"] for failed in answer["Failed"]] == ["x"]
    for message in received:
        if message["Body"] == deletes[9]["Id"]:
            work.change(message, 0)
    left = await asyncio.to_thread(work.receive, wait=5)
    assert [message["Body"] for message in left] == [deletes[9]["Id"]]


async def test_fifo_queue_keeps_a_group_in_order(sqs: Any) -> None:
    """I9: while a batch of a group is in flight no more of it is given out."""
    ordered = Queue(sqs, "local-Ordered.fifo")
    for number in range(3):
        ordered.send(str(number), MessageGroupId="g")

    (first,) = ordered.receive(count=1)
    assert first["Body"] == "0"
    assert ordered.receive() == []


async def test_receive_in_the_older_protocol_waits_too(sqs: Any, variables: Mapping[str, str]) -> None:
    """A form-encoded ReceiveMessage, as older SDKs send it, does not block the store."""
    import urllib.request

    work = Queue(sqs, "local-Work")
    scope = "Credential=AKIA/20260101/us-east-1/sqs/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(
        variables["AWS_ENDPOINT_URL"],
        data=f"Action=ReceiveMessage&Version=2012-11-05&WaitTimeSeconds=20&QueueUrl={work.url}".encode(),
        headers={"Authorization": authorization, "Content-Type": "application/x-www-form-urlencoded"},
    )

    def receive() -> str:
        with urllib.request.urlopen(request, timeout=30) as response:
            return str(response.read().decode())

    poll = asyncio.create_task(asyncio.to_thread(receive))
    await asyncio.to_thread(work.send, "old friend")
    async with asyncio.timeout(10):
        assert "<Body>old friend</Body>" in await poll
