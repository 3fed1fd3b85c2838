"""SQS messages as a function's event, and a function's answer as what becomes of the messages."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from local_emulator.invocation import Outcome
from local_emulator.model import REGION

Message = Mapping[str, Any]
"""A message as ReceiveMessage gives it."""


def event(messages: Sequence[Message], queue_arn: str) -> dict[str, Any]:
    """The event that Lambda makes of a batch (case I1)."""
    return {"Records": [_record(message, queue_arn) for message in messages]}


def _record(message: Message, queue_arn: str) -> dict[str, Any]:
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute


def succeeded(messages: Sequence[Message], outcome: Outcome, *, reports_failures: bool) -> list[Message]:
    """The messages that are done with and can be deleted (cases I2 to I4); the others come back."""
    if outcome.error is not None:
        return []
    if not reports_failures:
        return list(messages)
    failed = _reported(outcome)
    known = {message["MessageId"] for message in messages}
    if failed is None or not failed <= known:
        return []
    return [message for message in messages if message["MessageId"] not in failed]


def _reported(outcome: Outcome) -> set[str] | None:
    """The ids that the function reports as failed; None for an answer that cannot be understood."""
    try:
        answer = outcome.value()
    except ValueError:
        return None
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        return None
    failures = answer.get("batchItemFailures") or []
    if not isinstance(failures, list):
        return None
    given = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    ids = {identifier for identifier in given if isinstance(identifier, str)}
    return ids if all(isinstance(identifier, str) for identifier in given) else None
