"""EventBridge: what matches a rule's pattern reaches its targets."""

from __future__ import annotations

import json
from typing import Any

from tests.templates.events.conftest import Running

TEMPLATE = "eventbridge.yaml"


async def put(running: Running, detail: Any, bus: str = "default") -> None:
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps(detail), "EventBusName": bus}
    answer = await running.call("events", "put_events", Entries=[entry])
    assert answer["FailedEntryCount"] == 0


async def test_event_that_matches_reaches_the_function(running: Running) -> None:
    """The whole event, for a pattern with values and numbers; others stay away."""
    for detail in (
        {"state": "open", "total": 50},
        {"state": "paid", "total": 9},
        {"state": "paid", "total": 11},
    ):
        await put(running, detail)
    (event,) = await running.until(lambda: running.events("Paid"))

    assert (event["version"], event["source"], event["detail-type"]) == ("0", "shop", "order")
    assert (event["account"], event["region"], event["resources"]) == ("123456789012", "us-east-1", [])
    assert event["detail"] == {"state": "paid", "total": 11}
    assert event["time"].endswith("Z")
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip


async def test_targets_get_what_the_rule_makes_of_the_event(running: Running) -> None:
    """An input transformer fills a template, an input path picks a part; the other bus hears nothing."""
    await put(running, {"state": "paid", "items": [1, 2]}, bus="orders")
    (event,) = await running.until(lambda: running.events("Transformed"))

    assert event == {"said": "it is paid by local-TransformedRule", "items": [1, 2]}
    assert [{"state": "paid", "items": [1, 2]}] == [
        json.loads(body) for body in await running.messages("Queue")
    ]
    assert running.events("Paid") == []


async def test_bucket_tells_the_event_bus(running: Running) -> None:
    """A bucket with EventBridge switched on puts its events on the default bus."""
    bucket = running.emulator.application.outputs["Objects"]
    await running.call("s3", "put_object", Bucket=bucket, Key="a b.txt", Body=b"x")
    (event,) = await running.until(lambda: running.events("Uploaded"))

    assert event["detail"]["bucket"] == {"name": bucket}
    assert event["detail"]["object"]["key"] == "a b.txt"
