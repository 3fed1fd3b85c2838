"""Destinations and dead-letter queues of asynchronous invocations (H8)."""

from __future__ import annotations

import json
from typing import Any

from tests.templates.events.conftest import Running

TEMPLATE = "asynchronous.yaml"


async def invoke(running: Running, function: str, event: Any) -> None:
    answer = await running.call(
        "lambda",
        "invoke",
        FunctionName=f"local-{function}",
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )
    assert answer["StatusCode"] == 202


async def test_success_goes_on_to_the_next_function(running: Running) -> None:
    """The destination's event is a record of the invocation, with request and response."""
    await invoke(running, "Destined", {"a": 1})
    (record,) = await running.until(lambda: running.events("Next"))

    assert record["version"] == "1.0"
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["requestContext"]["functionArn"].endswith(":function:local-Destined:$LATEST")
    assert record["requestPayload"] == {"a": 1}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == {"recorded": True}


async def test_failure_is_told_after_the_last_try(running: Running) -> None:
    """MaximumRetryAttempts more tries, and then the record with the error."""
    await invoke(running, "Destined", {"please": "fail"})
    record = json.loads((await running.messages("Failures"))[0])

    assert len(running.events("Destined")) == 2
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "asked to fail"


async def test_dead_letter_queue_gets_the_event_itself(running: Running) -> None:
    """The event as it was, and why it failed in the message's attributes."""
    await invoke(running, "Buried", {"please": "fail"})
    answer: dict[str, Any] = {}
    while not answer.get("Messages"):
        answer = await running.call(
            "sqs",
            "receive_message",
            QueueUrl=running.emulator.application.outputs["DeadLetters"],
            MessageAttributeNames=["All"],
            WaitTimeSeconds=5,
        )

    (message,) = answer["Messages"]
    assert json.loads(message["Body"]) == {"please": "fail"}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "asked to fail"
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "200"
    assert message["MessageAttributes"]["RequestID"]["StringValue"]
    assert len(running.events("Buried")) == 1
