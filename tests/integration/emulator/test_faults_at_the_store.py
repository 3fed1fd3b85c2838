"""Faults at tables and queues, and the control API, with the emulator as a whole."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from local_emulator.emulator import Emulator
from local_emulator.faults import FaultsError
from local_emulator.faults.rules import parse
from local_emulator.services import client
from local_emulator.settings import Settings
from tests.integration.emulator.helpers import TEMPLATE, alive, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(certificates: Path) -> AsyncIterator[Emulator]:
    async with Emulator(Settings(template=TEMPLATE, data_folder=certificates)) as emulator:
        yield emulator


@pytest_asyncio.fixture(loop_scope="module")
async def emulator(running: Emulator) -> AsyncIterator[Emulator]:
    """Without faults, before and after."""
    yield running
    await running.control.replace([])


@pytest_asyncio.fixture(loop_scope="module")
async def http(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=emulator.url, trust_env=False, timeout=20) as made:
        yield made


async def call(emulator: Emulator, service: str, operation: str, **arguments: Any) -> Any:
    """One request, which is not tried again."""
    made = client(service, emulator.environment, config=Config(retries={"total_max_attempts": 1}))
    try:
        return await asyncio.to_thread(getattr(made, operation), **arguments)
    finally:
        made.close()


async def counts(emulator: Emulator) -> dict[str, int]:
    """How often each rule struck."""
    async with httpx.AsyncClient(trust_env=False) as http:
        listed = (await http.get(f"{emulator.url}/_faults")).json()["rules"]
    return {rule["name"]: rule["struck"] for rule in listed}


async def put_item(emulator: Emulator) -> Any:
    return await call(emulator, "dynamodb", "put_item", TableName="local-Table", Item={"pk": {"S": "x"}})


@pytest.mark.parametrize(
    ("action", "code"),
    [("throttle", "ProvisionedThroughputExceededException"), ("fail", "InternalServerError")],
)
@pytest.mark.parametrize("table", ["Table", "local-Table"])
async def test_table_refuses_the_operation(emulator: Emulator, action: str, code: str, table: str) -> None:
    """The SDK sees DynamoDB's own error; other operations and later ones pass."""
    match = {"table": table, "operation": "PutItem"}
    await emulator.control.replace(parse([{"where": "table", "action": action, "match": match, "times": 1}]))

    await call(emulator, "dynamodb", "describe_table", TableName="local-Table")
    with pytest.raises(ClientError) as refused:
        await put_item(emulator)
    await put_item(emulator)

    assert code == refused.value.response["Error"]["Code"]


async def test_table_refuses_batches_and_transactions(emulator: Emulator) -> None:
    """A request that names the table anywhere in it."""
    await emulator.control.replace(parse([{"where": "table", "action": "throttle"}]))
    put = {"Item": {"pk": {"S": "x"}}}

    for operation, arguments in (
        ("batch_write_item", {"RequestItems": {"local-Table": [{"PutRequest": put}]}}),
        ("transact_write_items", {"TransactItems": [{"Put": {"TableName": "local-Table", **put}}]}),
    ):
        with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
            await call(emulator, "dynamodb", operation, **arguments)


async def test_delayed_table_lets_the_others_through(emulator: Emulator) -> None:
    """The request waits, and not the store."""
    rule = {"where": "table", "action": "delay", "seconds": 30, "match": {"operation": "GetItem"}}
    await emulator.control.replace(parse([rule]))

    waiting = asyncio.create_task(
        call(emulator, "dynamodb", "get_item", TableName="local-Table", Key={"pk": {"S": "x"}})
    )

    async def struck() -> int:
        return (await counts(emulator))["rule-1"]

    await eventually(struck)
    await put_item(emulator)

    assert not waiting.done()
    waiting.cancel()


async def test_message_is_delivered_twice(emulator: Emulator) -> None:
    """At least once, says SQS: the function sees the same message id again."""
    await emulator.control.replace(parse([{"where": "queue", "action": "duplicate", "nth": 1}]))

    url = emulator.application.outputs["QueueUrl"]
    await call(emulator, "sqs", "send_message", QueueUrl=url, MessageBody="twice")

    async def seen_twice() -> bool:
        key = {"pk": {"S": "message#twice"}}
        answer = await call(emulator, "dynamodb", "get_item", TableName="local-Table", Key=key)
        # Slower than the queue's visibility time of one second, it comes a third time.
        return int(answer.get("Item", {}).get("seen", {"N": "0"})["N"]) >= 2

    await eventually(seen_twice)


async def test_rules_are_set_listed_and_removed_over_http(http: httpx.AsyncClient) -> None:
    """PUT replaces, POST adds, DELETE removes; each answers with all rules and how often they struck."""
    first = {"name": "first", "where": "http", "action": "refuse", "status": 500}
    second = {"name": "second", "where": "table", "action": "throttle", "match": {"table": "Table"}}

    assert {"rules": []} == (await http.get("/_faults")).json()
    put = await http.put("/_faults", json={"rules": [first]})
    added = await http.post("/_faults", json=second)
    refused = await http.get("/surroundings")
    listed = (await http.get("/_faults")).json()["rules"]

    assert (200, 200, 500) == (put.status_code, added.status_code, refused.status_code)
    assert [("first", 1, 1), ("second", 0, 0)] == [
        (rule["name"], rule["seen"], rule["struck"]) for rule in listed
    ]
    assert ["second"] == [rule["name"] for rule in (await http.delete("/_faults/first")).json()["rules"]]
    assert {"rules": []} == (await http.delete("/_faults")).json()
    assert 200 == (await http.get("/surroundings")).status_code


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("PUT", "", {"rules": [{"where": "moon"}]}, 400, "where is 'moon'"),
        (
            "PUT",
            "",
            {"rules": [{"where": "http", "action": "refuse", "match": {"api": "No"}}]},
            400,
            "no api No",
        ),
        (
            "PUT",
            "",
            {"rules": [{"where": "table", "action": "fail", "match": {"table": "Tabel"}}]},
            400,
            "there are: Table, local-Table",
        ),
        ("POST", "/connections/nobody=", {"action": "drop"}, 404, "no open connection nobody="),
        ("POST", "/connections/*", {"action": "lose"}, 400, "drop, close or stall"),
        ("POST", "/connections/*", [], 400, "is wanted"),
        ("POST", "/functions/Nobody", {"action": "kill"}, 404, "no function Nobody"),
        ("POST", "/functions/Hits", {"action": "hug"}, 400, "kill"),
        ("DELETE", "/nothing", None, 404, "no rule nothing"),
        ("GET", "/else/where", None, 404, "docs/emulator/faults.md"),
    ],
)
async def test_wrong_request_is_told_what_is_wanted(
    http: httpx.AsyncClient, method: str, path: str, body: Any, status: int, said: str
) -> None:
    """And nothing changes."""
    answer = await http.request(method, f"/_faults{path}", json=body)

    assert status == answer.status_code
    assert said in answer.json()["message"]
    assert {"rules": []} == (await http.get("/_faults")).json()


async def test_rule_of_the_same_name_is_refused(http: httpx.AsyncClient) -> None:
    """It would be two rules under one name, in two processes."""
    rule = {"name": "same", "where": "table", "action": "fail"}
    await http.post("/_faults", json=rule)

    assert 400 == (await http.post("/_faults", json=rule)).status_code


async def test_page_of_another_origin_can_change_nothing(http: httpx.AsyncClient) -> None:
    """A browser sends JSON to another origin only after asking, and is not allowed to."""
    plain = await http.post("/_faults", content="{}", headers={"content-type": "text/plain"})
    asked = await http.options("/_faults", headers={"origin": "http://evil.example"})

    assert 415 == plain.status_code
    assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example:3000"}, {"origin": "https://evil.example"}],
    ids=["its host", "its origin"],
)
async def test_a_page_that_was_led_here_is_not_served(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """Known by the name that it calls this machine (DNS rebinding), or by where it comes from."""
    asked = await http.get("/_faults", headers=headers)
    told = await http.put("/_faults", json={"rules": []}, headers=headers)

    assert (403, 403) == (asked.status_code, told.status_code)


async def test_connection_is_dropped_at_once(emulator: Emulator, http: httpx.AsyncClient) -> None:
    """By its id, as the list of open connections gives it."""
    async with connect(emulator.application.outputs["SocketUrl"], proxy=None) as socket:
        (open_one,) = await eventually(lambda: emulator.gateway.connections())
        assert [{"connection_id": open_one.connection_id, "api": "Socket"}] == (
            await http.get("/_faults/connections")
        ).json()

        answer = await http.post(f"/_faults/connections/{open_one.connection_id}", json={"action": "drop"})

        assert 200 == answer.status_code
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_function_is_killed_at_once(emulator: Emulator, http: httpx.AsyncClient) -> None:
    """All its environments, and no other's."""
    await emulator.pool.invoke("Misbehaving", {})
    pids = [one.pid for one in emulator.pool.environments() if one.function == "Misbehaving"]

    answer = await http.post("/_faults/functions/Misbehaving", json={"action": "kill"})

    assert {"killed": len(pids)} == answer.json()
    await eventually(lambda: not any(alive(pid) for pid in pids))


async def test_same_seed_gives_the_same_faults_at_the_store(emulator: Emulator) -> None:
    """In another process and at another time."""
    rule = {"where": "table", "action": "throttle", "probability": 0.5, "seed": 11}

    async def run() -> list[bool]:
        await emulator.control.replace(parse([rule]))
        outcomes = []
        for _ in range(20):
            try:
                await put_item(emulator)
                outcomes.append(True)
            except ClientError:
                outcomes.append(False)
        return outcomes

    first = await run()

    assert 2 == len(Counter(first))
    assert first == await run()


async def test_faults_are_in_force_from_the_start(certificates: Path) -> None:
    """And one for what is not there keeps the emulator from starting."""
    wrong = parse([{"where": "function", "action": "kill", "match": {"function": "Nobody"}}])
    with pytest.raises(FaultsError, match="there is no function Nobody"):
        async with Emulator(Settings(template=TEMPLATE, data_folder=certificates, faults=wrong)):
            pass
    rules = parse([{"where": "http", "action": "refuse", "status": 504}])
    emulator = Emulator(Settings(template=TEMPLATE, data_folder=certificates, faults=rules))
    async with emulator, httpx.AsyncClient(trust_env=False) as http:
        assert 504 == (await http.get(f"{emulator.url}/surroundings")).status_code


async def test_own_dynamodb_cannot_be_struck(
    emulator: Emulator, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, instead of nothing happening."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", emulator.store_url)
    rules = parse([{"where": "table", "action": "throttle"}])

    with pytest.raises(FaultsError, match="AWS_ENDPOINT_URL_DYNAMODB"):
        async with Emulator(Settings(template=TEMPLATE, data_folder=certificates, faults=rules)):
            pass
