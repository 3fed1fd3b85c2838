"""The functions' world: table and queues by moto, the environment of template.yaml, fresh wiring for each test."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from progress import aws, wiring
from tests.fakes import Management
from tests.integration.progress.conftest import TABLE_NAME, create_table
from tests.serialmoto import serial_moto

EVENTS = Path(__file__).parents[3] / "events"
JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
CONNECTION_ID = "L0SM9cOFvHcCIhw="

Event = dict[str, Any]
Invoke = Callable[..., Any]


def event(name: str, **changes: Any) -> Event:
    """The fixture of that name, with top-level fields replaced."""
    loaded: Event = json.loads((EVENTS / f"{name}.json").read_text())
    return {**loaded, **changes}


class Backend:
    """What a test sees of the functions' world."""

    def __init__(self, management: Management) -> None:
        self.management = management
        self.sqs = boto3.client("sqs")
        self.urls = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "watch", "scan")
        }

    def invoke(self, module: str, given: Event, *, remaining_ms: int = 60_000) -> Any:
        context = SimpleNamespace(
            function_name=module,
            memory_limit_in_mb=512,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{module}",
            aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            get_remaining_time_in_millis=lambda: remaining_ms,
        )
        return importlib.import_module(module).handler(given, context)

    def request(self, module: str, name: str, **changes: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, parsed body and headers of an HTTP function's answer."""
        answer = self.invoke(module, event(name, **changes))
        return answer["statusCode"], json.loads(answer["body"] or "null"), answer["headers"]

    def sent(self, queue: str) -> list[dict[str, Any]]:
        """Bodies of the messages that a queue holds and does not delay."""
        bodies: list[dict[str, Any]] = []
        while received := self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            bodies += [json.loads(message["Body"]) for message in received]
        return bodies

    def frames(self, connection_id: str = CONNECTION_ID) -> list[dict[str, Any]]:
        return self.management.received.get(connection_id, [])


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TABLE_NAME": TABLE_NAME,
        "METADATA_CONTACT": "https://example.org",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    cached = [
        aws.dynamodb,
        aws.sqs,
        wiring.settings,
        wiring.table,
        wiring.jobs,
        wiring.connections,
        wiring.pusher,
        wiring.queues,
    ]
    with serial_moto():
        create_table(boto3.client("dynamodb"))
        backend = Backend(Management())
        monkeypatch.setenv("WORK_QUEUE_URL", backend.urls["work"])
        monkeypatch.setenv("WATCH_QUEUE_URL", backend.urls["watch"])
        monkeypatch.setenv("WORK_QUEUE_URL_SCAN", backend.urls["scan"])
        monkeypatch.setattr(aws, "management", backend.management)
        for function in cached:
            function.cache_clear()
        yield backend
        for function in cached:
            function.cache_clear()
