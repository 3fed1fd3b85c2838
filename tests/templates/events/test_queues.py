"""Queues with filters, and queues that keep an order."""

from __future__ import annotations

import asyncio
import time

from tests.templates.events.conftest import Running

TEMPLATE = "queues.yaml"


async def left(running: Running, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = running.emulator.application.outputs[queue]
    answer = await running.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)
    return sum(map(int, answer["Attributes"].values()))


async def test_filtered_message_is_deleted_unseen(running: Running) -> None:
    """I10: by the members of a JSON body or by the whole text of another; what matches nothing is gone."""
    url = running.emulator.application.outputs["Filtered"]
    for body in (
        '{"kind": "b", "size": 9}',
        '{"kind": "a", "size": 4}',
        "other",
        "plain",
        '{"kind": "a", "size": 3}',
    ):
        await running.call("sqs", "send_message", QueueUrl=url, MessageBody=body)
    await running.until(lambda: len(running.records("Chosen")) == 2)
    deadline = time.monotonic() + 20
    while await left(running, "Filtered"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)

    assert {record["body"] for record in running.records("Chosen")} == {'{"kind": "a", "size": 4}', "plain"}


async def test_group_keeps_its_order(running: Running) -> None:
    """I9: messages of a group come in the order of sending, and in batches one after the other."""
    url = running.emulator.application.outputs["Ordered"]
    for number in range(6):
        for group in "xy":
            await running.call(
                "sqs",
                "send_message",
                QueueUrl=url,
                MessageBody=f"{group}{number}",
                MessageGroupId=group,
                MessageDeduplicationId=f"{group}{number}",
            )
    await running.until(lambda: len(running.records("InOrder")) == 12)

    bodies = [record["body"] for record in running.records("InOrder")]
    for group in "xy":
        assert [body for body in bodies if body[0] == group] == [f"{group}{number}" for number in range(6)]
    assert max(len(event["Records"]) for event in running.events("InOrder")) <= 2
    assert all(record["attributes"]["MessageGroupId"] in "xy" for record in running.records("InOrder"))
