"""Until a handler has answered its first event: a real one, on the running system, in the variables that the emulator
gives the function.

The floor is boto3 alone that makes the same number of requests to the same services, by its cheapest operations, and
one post where the handler posts; both in fresh processes. The handler's requests are counted in the store's record.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import httpx
import psutil
from websockets.sync.client import ClientConnection, connect

from benchmarks.cold_start.needs import POSTS, Times
from local_emulator.services import client
from tools.stack import ROOT, Stack, running

_FIXTURES_JOB = "550e8400-e29b-41d4-a716-446655440000"
_FIXTURES_CONNECTION = "L0SM9cOFvHcCIhw="
_FUNCTIONS = {
    "start_enrichment": ("StartEnrichmentFunction", "http_start_enrichment_works"),
    "jobs": ("JobsFunction", "http_get_job"),
    "connect": ("ConnectFunction", "websocket_connect"),
    "message": ("MessageFunction", "websocket_ready"),
    "enrich_chunk": ("EnrichChunkFunction", "sqs_enrich_chunk"),
    "watch_jobs": ("WatchJobsFunction", "sqs_watch_job"),
    "disconnect": ("DisconnectFunction", "websocket_disconnect"),
    "import_csv": ("ImportCsvFunction", "http_import_csv"),
    "scan_bookshelf": ("ScanBookshelfFunction", "http_scan_bookshelf"),
}
"""By handler, in the order in which a job comes by: the function, and its event. Without that of a photo, which is read
for seconds."""
_OTHER_JOBS = ("import_csv", "scan_bookshelf")
_WORKERS = ("EnrichChunkFunction", "DetectBooksFunction", "WatchJobsFunction")
_PARAMETERS = {"ReadyTimeoutSeconds": "900", "WatchSeconds": "900"}
"""A job waits until its `ready` is measured."""

_HANDLER = """
import json, sys, time
from types import SimpleNamespace
event = json.load(sys.stdin)
context = SimpleNamespace(
    aws_request_id="00000000-0000-4000-8000-000000000000", function_name="f", memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    get_remaining_time_in_millis=lambda: 30000,
)
began = time.perf_counter()
import {handler}
answer = {handler}.handler(event, context)
print(json.dumps({{"ms": (time.perf_counter() - began) * 1000, "answer": answer}}))
"""
_FLOOR = """
import json, os, sys, time
asked = json.load(sys.stdin)
began = time.perf_counter()
import boto3
for service, number in asked["requests"].items():
    client = boto3.client(service)
    for _ in range(number):
        if service == "dynamodb":
            key = {"pk": {"S": "floor"}, "sk": {"S": "floor"}}
            client.get_item(TableName=os.environ["TABLE_NAME"], Key=key)
        elif service == "sqs":
            client.list_queues()
        else:
            client.list_buckets()
if asked["connection"]:
    client = boto3.client("apigatewaymanagementapi", endpoint_url=asked["callback"])
    client.post_to_connection(ConnectionId=asked["connection"], Data=b"{}")
print(json.dumps({"ms": (time.perf_counter() - began) * 1000}))
"""


@dataclass
class Invocations:
    """What all runs took, and the requests that each handler makes, by service."""

    times: Times = field(default_factory=lambda: {name: [] for name in _FUNCTIONS})
    requests: dict[str, dict[str, int]] = field(default_factory=dict)


def measure(runs: int, log: IO[Any]) -> Invocations:
    """Runs of all handlers, after one to warm up. The system's own log goes to `log`.

    Raises:
        RuntimeError: a handler failed; with what it printed.
    """
    found = Invocations()
    with running(log=log, parameters=_PARAMETERS, emulator_options=["--no-reload"]) as stack:
        system = _System(stack)
        for number in range(runs + 1):
            for handler, taken in system.job(found.requests):
                if number:
                    found.times[handler].append(taken)
    return found


class _System:
    def __init__(self, stack: Stack) -> None:
        self._url = stack.url
        self._store = httpx.Client(base_url=stack.emulator["store_url"], trust_env=False, timeout=60)
        self._http = httpx.Client(base_url=stack.url, trust_env=False, timeout=60)
        _, _, place = str(stack.emulator["outputs"]["WebSocketUrl"]).partition("://")
        self._callback = f"https://{place}"
        self._variables = self._warmed(stack)
        # Their messages are this benchmark's alone.
        rules = [
            {"where": "function", "action": "throttle", "match": {"function": name}} for name in _WORKERS
        ]
        self._http.put("/_faults", json={"rules": rules}).raise_for_status()
        self._store.post("/_requests").raise_for_status()

    def job(self, requests: dict[str, dict[str, int]]) -> Iterator[tuple[str, tuple[float, float]]]:
        """Takes a job from its start to its end; each handler with the milliseconds of its floor and its own."""
        job_id = str(uuid.uuid4())
        with contextlib.ExitStack() as open_:
            connection_id = ""
            for handler in _FUNCTIONS:
                if handler == "message":
                    open_.enter_context(self._connected(job_id))
                    connection_id = self._connection_id()
                about = str(uuid.uuid4()) if handler in _OTHER_JOBS else job_id
                event = _event(
                    handler, about, connection_id if handler == "message" else _FIXTURES_CONNECTION
                )
                self._asked()
                own = self._fresh(handler, _HANDLER.format(handler=handler), event)
                _check(handler, own["answer"])
                requests[handler] = self._asked()
                posts_to = connection_id if handler in POSTS else ""
                asked = {
                    "requests": requests[handler],
                    "connection": posts_to,
                    "callback": self._callback,
                }
                yield handler, (self._fresh(handler, _FLOOR, asked)["ms"], own["ms"])

    def _warmed(self, stack: Stack) -> dict[str, dict[str, str]]:
        """Each handler's variables: those of a process that the emulator has started for it."""
        invoker = client("lambda", stack.emulator["environment"])
        for name, _ in _FUNCTIONS.values():
            # Of an empty event it makes nothing, which is enough.
            invoker.invoke(FunctionName=name, Payload=b"{}")
        variables = {}
        for process in psutil.Process(stack.emulator["pid"]).children():
            environment = process.environ()
            if "_HANDLER" in environment:
                variables[environment["_HANDLER"].partition(".")[0]] = environment
        return variables

    def _connected(self, job_id: str) -> ClientConnection:
        place = self._url.partition("://")[2]
        return connect(f"ws://{place}/ws/progress?jobId={job_id}", proxy=None)

    def _connection_id(self) -> str:
        (only,) = self._http.get("/_faults/connections").json()
        return str(only["connection_id"])

    def _asked(self) -> dict[str, int]:
        """What the store was asked since the last time, by functions: the emulator itself polls its queues."""
        lines = [json.loads(line) for line in self._store.get("/_requests").text.splitlines()]
        own = Counter(line["service"] for line in lines if line["operation"] != "ReceiveMessage")
        return dict(own)

    def _fresh(self, handler: str, code: str, given: Mapping[str, Any]) -> dict[str, Any]:
        variables = self._variables[handler]
        done = subprocess.run(
            [sys.executable, "-S", "-c", code],
            cwd=variables["LAMBDA_TASK_ROOT"],
            env=variables,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{handler} failed:\n{done.stdout}{done.stderr}")
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told


def _event(handler: str, job_id: str, connection_id: str) -> dict[str, Any]:
    _, fixture = _FUNCTIONS[handler]
    text = (ROOT / "events" / f"{fixture}.json").read_text(encoding="utf-8")
    event: dict[str, Any] = json.loads(text.replace(_FIXTURES_JOB, job_id))
    context = event.get("requestContext", {})
    if "connectionId" in context:
        context |= {"connectionId": connection_id, "connectedAt": int(time.time() * 1000)}
    return event


def _check(handler: str, answer: Any) -> None:
    """A handler that refuses its event, or leaves a message in its queue, was not measured."""
    failed = answer.get("batchItemFailures") or answer.get("statusCode", 200) >= 300
    if failed:
        raise RuntimeError(f"{handler} answered {answer}")
