"""The table that tells the tests what the functions saw, and that tells the functions when to go on."""

from __future__ import annotations

import json
import os
import time
import uuid
from typing import Any

import boto3

ENVIRONMENT = uuid.uuid4().hex
"""Of this execution environment: module state lives as long as it does."""
_MAX_EVENT_BYTES = 300_000
"""DynamoDB takes items of 400 KB."""

_dynamodb = boto3.client("dynamodb")
_table = os.environ["TABLE_NAME"]


def record(key: str, event: Any) -> None:
    """Keeps an event under a key; a body too large for the table becomes its length."""
    if len(json.dumps(event)) > _MAX_EVENT_BYTES:
        event = {**event, "body": None, "bodyLength": len(event["body"])}
    item = {
        "pk": key,
        "sk": f"{time.time_ns():020d}#{uuid.uuid4().hex}",
        "event": json.dumps(event),
        "environment": ENVIRONMENT,
    }
    _dynamodb.put_item(TableName=_table, Item={name: {"S": value} for name, value in item.items()})


def wait_for(key: str, seconds: float = 20.0) -> None:
    """Returns once somebody has put an item there, or gives up after `seconds`."""
    ends = time.monotonic() + seconds
    item = {"pk": {"S": key}, "sk": {"S": "go"}}
    while time.monotonic() < ends:
        if "Item" in _dynamodb.get_item(TableName=_table, Key=item, ConsistentRead=True):
            return
        time.sleep(0.02)
