"""Handlers that write down what they get."""

from __future__ import annotations

import json
import time
from typing import Any


def handler(event: Any, context: Any) -> Any:
    """Writes the event down, and does what its records ask for: `fail` raises."""
    print("EVENT " + json.dumps(event))  # noqa: T201
    if "fail" in json.dumps(event):
        raise RuntimeError("asked to fail")
    return {"recorded": True}


def reporting(event: Any, context: Any) -> Any:
    """Writes the event down and reports the records that hold `bad` as failed."""
    print("EVENT " + json.dumps(event))  # noqa: T201
    bad = [record for record in event["Records"] if '"bad"' in json.dumps(record)]
    return {"batchItemFailures": [{"itemIdentifier": _identifier(record)} for record in bad]}


def slow(event: Any, context: Any) -> None:
    """Writes the event down and takes a second more."""
    print("EVENT " + json.dumps(event))  # noqa: T201
    time.sleep(1)


def _identifier(record: Any) -> str:
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"])
