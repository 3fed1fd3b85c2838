"""The functions' world: table and queues by moto, the environment of template.yaml, fresh wiring for each test."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest

import detect_books
import enrich_chunk
import scan_bookshelf
from progress import aws, wiring
from progress.clock import now_ms
from tests.contract import contract
from tests.fakes import Management
from tests.integration.progress.conftest import TABLE_NAME, create_table
from tests.serialmoto import serial_moto
from tests.waiting import wait_until

EVENTS = Path(__file__).parents[3] / "events"
JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
BUCKET = "photos"
CONNECTION_ID = "L0SM9cOFvHcCIhw="

Event = dict[str, Any]
Invoke = Callable[..., Any]


def event(name: str, **changes: Any) -> Event:
    """The fixture of that name, with top-level fields replaced; its connection was opened just now."""
    loaded: Event = json.loads((EVENTS / f"{name}.json").read_text())
    if "connectedAt" in loaded.get("requestContext", {}):
        loaded["requestContext"]["connectedAt"] = now_ms()
    return {**loaded, **changes}


class Backend:
    """What a test sees of the functions' world."""

    def __init__(self, management: Management) -> None:
        self.management = management
        self.sqs = boto3.client("sqs")
        self.s3 = boto3.client("s3")
        self.urls = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "watch", "scan")
        }

    def invoke(self, module: str, given: Event, *, remaining_ms: int | Callable[[], int] = 60_000) -> Any:
        context = SimpleNamespace(
            function_name=module,
            memory_limit_in_mb=512,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{module}",
            aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            get_remaining_time_in_millis=remaining_ms if callable(remaining_ms) else lambda: remaining_ms,
        )
        answer = importlib.import_module(module).handler(given, context)
        if "rawPath" in given:
            assert [] == _faults(given, answer)
        return answer

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


def _faults(given: Event, answer: Any) -> list[str]:
    """Where an HTTP function's answer is not what the API's document says."""
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    method = given["requestContext"]["http"]["method"]
    return contract().faults_of_answer(
        method, given["rawPath"], answer["statusCode"], headers, answer["body"]
    )


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
    with serial_moto():
        create_table(boto3.client("dynamodb"))
        backend = Backend(Management())
        monkeypatch.setenv("WORK_QUEUE_URL", backend.urls["work"])
        monkeypatch.setenv("WATCH_QUEUE_URL", backend.urls["watch"])
        monkeypatch.setenv("WORK_QUEUE_URL_SCAN", backend.urls["scan"])
        backend.s3.create_bucket(Bucket=BUCKET)
        monkeypatch.setenv("UPLOAD_BUCKET", BUCKET)
        monkeypatch.setattr(aws, "management", backend.management)
        make_anew()
        yield backend
        make_anew()


_MADE_ONCE = (
    aws.dynamodb,
    aws.s3,
    aws.sqs,
    wiring.settings,
    wiring.table,
    wiring.jobs,
    wiring.connections,
    wiring.pusher,
    wiring.queues,
    detect_books.uploads,
    scan_bookshelf.bucket,
)


def make_anew() -> None:
    """As a new execution environment: what is made once is made when it is needed next."""
    forget(*_MADE_ONCE)


def forget(*made_once: Any) -> None:
    for function in made_once:
        function.cache_clear()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The catalogue's URL."""
    ready = tmp_path_factory.mktemp("catalogue") / "ready.json"
    command = [sys.executable, "-m", "catalogue", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        wait_until(ready.exists, what="the catalogue")
        yield json.loads(ready.read_text())["url"]
        process.terminate()


@pytest.fixture
def providers(catalogue: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both providers are the catalogue, in good health."""
    monkeypatch.setenv("OPENLIBRARY_URL", catalogue)
    monkeypatch.setenv("GOOGLE_BOOKS_URL", f"{catalogue}/books/v1")
    monkeypatch.setenv("PROVIDER_RETRIES", "0")
    forget(enrich_chunk.library, detect_books.library)
    yield catalogue
    httpx.post(f"{catalogue}/_control", json={"error_rate": 0.0}, trust_env=False)
    forget(enrich_chunk.library, detect_books.library)
