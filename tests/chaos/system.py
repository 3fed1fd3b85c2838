"""The whole system with its times scaled down, and what a test needs to break it and to look into it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from tests.chaos.schedule import Rule
from tools.stack import ROOT, Stack, running


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How long things take: seconds, where on AWS they are minutes."""

    heartbeat: int
    visibility: int
    stalled_after: int
    watch: int
    connection: int


ALONE = Scale(heartbeat=2, visibility=4, stalled_after=7, watch=1, connection=25)
"""For a job that has a system of its own."""
CROWDED = Scale(heartbeat=10, visibility=20, stalled_after=30, watch=5, connection=120)
"""For many at once, each of which is slow."""

_SCALED = (
    # The dead-letter queue's and the watch queue's: minutes, which no parameter sets.
    ("VisibilityTimeout: 180", "VisibilityTimeout: 4", 2),
    ("ContentUri: layers/", f"ContentUri: {ROOT}/layers/", 1),
)
_EMULATOR_OWN = ("Traceback", "Task exception", "Exception")
"""How lines begin that are the emulator's or the catalogue's own failure: a function's begin with the time."""


@dataclass(frozen=True, kw_only=True)
class ChaosSystem:
    """A running system, its fault control, and its store as only a test may see it."""

    stack: Stack
    http: httpx.AsyncClient
    store: Mapping[str, Any]
    """boto3 clients by service."""
    queues: Mapping[str, str]
    """URLs by logical id."""
    log: Path
    heartbeat_seconds: int

    @property
    def socket_url(self) -> str:
        return self.stack.url.replace("http", "ws", 1) + "/ws/progress"

    # its fault control

    async def set_rules(self, *rules: Rule) -> None:
        """These rules and no others."""
        answer = await self.http.put("/_faults", json={"rules": list(rules)})
        assert answer.is_success, answer.text

    async def struck(self) -> dict[str, tuple[str, int]]:
        """By name of the rule: what it does, and at how many occurrences it did."""
        rules = (await self.http.get("/_faults")).json()["rules"]
        return {rule["name"]: (f"{rule['where']} {rule['action']}", rule["struck"]) for rule in rules}

    async def strike(self, path: str, body: Mapping[str, Any]) -> None:
        """One fault, at once."""
        answer = await self.http.post(f"/_faults{path}", json=dict(body))
        assert answer.is_success, answer.text

    async def connections(self) -> set[str]:
        """The ids of the open connections."""
        return {row["connection_id"] for row in (await self.http.get("/_faults/connections")).json()}

    async def set_provider(self, settings: Mapping[str, float]) -> None:
        """The provider's trouble, and none that is not named."""
        whole = {"latency": 0.03, "jitter": 0.06, "error_rate": 0, "rate_limit": 0, **settings}
        answer = await self.http.post(f"{self.stack.catalogue_url}/_control", json=whole)
        assert answer.is_success, answer.text

    # its store

    async def rows(self, job_id: str) -> list[dict[str, Any]]:
        """All rows of a job, as DynamoDB has them."""
        condition = {"KeyConditionExpression": "pk = :pk", "ConsistentRead": True}
        return await self._read(
            "query", ExpressionAttributeValues={":pk": {"S": f"JOB#{job_id}"}}, **condition
        )

    async def connection_rows(self) -> list[dict[str, Any]]:
        """All rows of connections."""
        condition = {"FilterExpression": "begins_with(pk, :pk)", "ConsistentRead": True}
        return await self._read("scan", ExpressionAttributeValues={":pk": {"S": "CONN#"}}, **condition)

    async def rows_that_stay(self) -> list[str]:
        """Keys of all rows that never expire."""
        found = await self._read(
            "scan", FilterExpression="attribute_not_exists(#ttl)", ExpressionAttributeNames={"#ttl": "ttl"}
        )
        return [f"{row['pk']['S']} {row['sk']['S']}" for row in found]

    async def meta(self, job_id: str) -> dict[str, Any] | None:
        """A job's own row."""
        key = {"pk": {"S": f"JOB#{job_id}"}, "sk": {"S": "META"}}
        arguments = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        answer = await asyncio.to_thread(self.store["dynamodb"].get_item, **arguments)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    async def messages(self) -> dict[str, int]:
        """By queue: how many messages are in it, waiting, delayed or being worked on."""
        return {name: await asyncio.to_thread(self._count, url) for name, url in self.queues.items()}

    async def forget(self, rows: list[dict[str, Any]]) -> None:
        """Deletes rows, so that the store stays small over many jobs."""
        keys = [{"DeleteRequest": {"Key": {"pk": row["pk"], "sk": row["sk"]}}} for row in rows]
        for start in range(0, len(keys), 25):
            batch = {self._table: keys[start : start + 25]}
            await asyncio.to_thread(self.store["dynamodb"].batch_write_item, RequestItems=batch)

    def broken(self) -> list[str]:
        """Lines that the emulator or the catalogue itself should not have written."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if line.startswith(_EMULATOR_OWN)]

    @property
    def _table(self) -> str:
        return str(self.stack.emulator["outputs"]["TableName"])

    async def _read(self, operation: str, **arguments: Any) -> list[dict[str, Any]]:
        def pages() -> list[dict[str, Any]]:
            paginator = self.store["dynamodb"].get_paginator(operation)
            return [
                row
                for page in paginator.paginate(TableName=self._table, **arguments)
                for row in page["Items"]
            ]

        return await asyncio.to_thread(pages)

    def _count(self, url: str) -> int:
        answer = self.store["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return sum(
            int(number)
            for name, number in answer["Attributes"].items()
            if name.startswith("ApproximateNumberOf")
        )


@contextmanager
def chaos_system(
    folder: Path, *, functions: Path = ROOT / "functions", scale: Scale = ALONE
) -> Iterator[ChaosSystem]:
    """Starts one in `folder`, with the functions' code that is in `functions`, and stops it in the end."""
    template, variables, log = folder / "template.yaml", folder / "variables.json", folder / "system.log"
    template.write_text(_scaled((ROOT / "template.yaml").read_text(), functions))
    variables.write_text(json.dumps({"Parameters": {"REDISPATCHES": "5"}}))
    options = ["--template", str(template), "--env-vars", str(variables), "--no-reload"]
    with (
        log.open("wb") as output,
        running(
            log=output,
            parameters=_parameters(scale),
            emulator_options=[*options, "--max-duration", str(scale.connection)],
        ) as stack,
    ):
        store = {service: _client(stack, service) for service in ("dynamodb", "sqs")}
        yield ChaosSystem(
            stack=stack,
            http=httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=40),
            store=store,
            queues=_queues(store["sqs"]),
            log=log,
            heartbeat_seconds=scale.heartbeat,
        )


def _parameters(scale: Scale) -> dict[str, str]:
    return {
        "WorkVisibilitySeconds": str(scale.visibility),
        "WatchSeconds": str(scale.watch),
        "ReadyTimeoutSeconds": "1",
        "StalledAfterSeconds": str(scale.stalled_after),
        "ProviderRestSeconds": "3",
        "HeartbeatSeconds": str(scale.heartbeat),
        "ConnectionSeconds": str(scale.connection),
        "GoingAwaySeconds": str(scale.connection // 2),
    }


def _scaled(template: str, functions: Path) -> str:
    for old, new, times in (*_SCALED, ("CodeUri: functions/", f"CodeUri: {functions}/", 1)):
        assert template.count(old) == times, (
            f"template.yaml has {old!r} {template.count(old)} times, not {times}"
        )
        template = template.replace(old, new)
    return template


def _client(stack: Stack, service: str) -> Any:
    environment = stack.emulator["environment"]
    client: Any = boto3.client
    return client(
        service,
        endpoint_url=stack.emulator["store_url"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        # The rules for tables strike here, too.
        config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
    )


def _queues(sqs: Any) -> dict[str, str]:
    urls = sqs.list_queues()["QueueUrls"]
    return {
        wanted: next(url for url in urls if wanted in url)
        for wanted in ("WorkQueue", "WatchQueue", "DeadLetterQueue")
    }
