"""The whole system: catalogue, emulator and functions, as processes on free ports."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.contract import contract
from tools.stack import Stack, running

TERMINAL = ("complete", "error", "cancelled")


@dataclass
class System:
    """The running system and the plain clients that a test needs: no code of the project's own client."""

    stack: Stack
    http: httpx.Client
    log: Path

    @property
    def socket_url(self) -> str:
        return self.stack.url.replace("http", "ws", 1) + "/ws/progress"

    @contextmanager
    def listen(self, job_id: str, *, ready: bool = True, **options: Any) -> Iterator[ClientConnection]:
        """A plain WebSocket client of the original protocol."""
        with connect(f"{self.socket_url}?jobId={job_id}", proxy=None, **options) as socket:
            if ready:
                socket.send(json.dumps({"type": "ready", "timestamp": round(time.time() * 1000)}))
                assert "ready_ack" == json.loads(socket.recv(timeout=20))["type"]
            yield socket

    def start(self, work_ids: list[str], job_id: str | None = None) -> str:
        body = {"workIds": work_ids, **({"jobId": job_id} if job_id else {})}
        answer = self.http.post("/api/enrichment/start", json=body)
        assert 202 == answer.status_code, answer.text
        return str(answer.json()["jobId"])

    def state(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/jobs/{job_id}")
        assert 200 == answer.status_code, answer.text
        state: dict[str, Any] = answer.json()
        return state

    def wait(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        """The state of a job that has ended."""
        deadline = time.monotonic() + seconds
        while (state := self.state(job_id))["status"] in ("waiting", "running"):
            assert time.monotonic() < deadline, state
            time.sleep(0.1)
        return state

    def results(self, job_id: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        query: dict[str, str] = {"limit": "500"}
        while True:
            page = self.http.get(f"/api/jobs/{job_id}/results", params=query).json()
            rows += page["items"]
            if "nextCursor" not in page:
                return rows
            query["cursor"] = page["nextCursor"]

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator's store."""
        environment = self.stack.emulator["environment"]
        client: Any = boto3.client
        return client(
            service,
            endpoint_url=self.stack.emulator["store_url"],
            region_name=environment["AWS_DEFAULT_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def rows(self, partition: str) -> list[dict[str, Any]]:
        """All rows of a partition of the table, as DynamoDB has them."""
        table = self.stack.emulator["outputs"]["TableName"]
        found = self.client("dynamodb").query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        items: list[dict[str, Any]] = found["Items"]
        return items

    def set_catalogue(self, **settings: float) -> None:
        answer = httpx.post(f"{self.stack.catalogue_url}/_control", json=settings, trust_env=False)
        assert answer.is_success, answer.text


def frames_until_the_end(socket: ClientConnection, seconds: float = 60) -> list[dict[str, Any]]:
    """Every frame up to the terminal one, and whatever else comes in the half second after it."""
    frames: list[dict[str, Any]] = []
    deadline = time.monotonic() + seconds
    while not frames or frames[-1]["type"] not in TERMINAL:
        frames.append(json.loads(socket.recv(timeout=deadline - time.monotonic())))
    try:
        while True:
            frames.append(json.loads(socket.recv(timeout=0.5)))
    except (TimeoutError, ConnectionClosed):
        return frames


def new_id() -> str:
    return str(uuid.uuid4())


def ids_of_works(count: int, *, unknown: int = 0) -> list[str]:
    """Real works by all kinds of id, and some that nobody knows."""
    listed = subprocess.run(
        [sys.executable, "-m", "catalogue", "--ids", str(count), "--unknown", str(unknown)],
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.split()


@pytest.fixture(scope="session")
def work_ids() -> list[str]:
    """1,500 works: real ones, and a few that nobody knows."""
    return ids_of_works(1_480, unknown=20)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all tests that leave it as they found it."""
    yield from start_system(tmp_path_factory.mktemp("system"))


def start_system(
    folder: Path, *, documented: bool = True, emulator_options: Sequence[str] = (), **options: Any
) -> Iterator[System]:
    """A system; in the end, all that it sent is held against the documents of both APIs, unless something else than
    its functions posts to its connections."""
    log, record = folder / "system.log", folder / "record.jsonl"
    recording = [*emulator_options, "--record", str(record)]
    with (
        log.open("wb") as output,
        running(log=output, emulator_options=recording, **options) as stack,
        httpx.Client(base_url=stack.url, trust_env=False, timeout=40) as http,
    ):
        yield System(stack=stack, http=http, log=log)
    lines = log.read_text(errors="replace").splitlines()
    # A function's own lines begin with the time; these would be the emulator's or the catalogue's.
    broken = [line for line in lines if line.startswith(("Traceback", "Task exception", "Exception"))]
    assert [] == broken, f"the system itself failed: see {log}"
    faults = contract().faults_of_record(record) if documented else []
    assert [] == faults[:10], f"what was sent is not what is documented: see {record}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="keep pictures of the console in docs/images")


@pytest.fixture(scope="session")
def impatient_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system whose minutes are seconds: for tests of workers that die, of tables and providers that are away."""
    yield from start_system(
        tmp_path_factory.mktemp("impatient"),
        parameters={
            "WorkerTimeoutSeconds": "8",
            "WorkVisibilitySeconds": "8",
            "WatchSeconds": "2",
            "StalledAfterSeconds": "12",
            "ProviderRestSeconds": "3",
        },
        catalogue_options=["--latency", "0.05"],
    )
