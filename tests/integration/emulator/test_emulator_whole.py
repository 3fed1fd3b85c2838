"""The emulator as a whole, in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from local_emulator.emulator import Emulator
from local_emulator.errors import StartError
from local_emulator.services import client
from local_emulator.settings import Settings
from tests.integration.emulator.helpers import TEMPLATE, alive, eventually


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
async def emulator(certificates: Path) -> AsyncIterator[Emulator]:
    made = Emulator(
        Settings(
            template=TEMPLATE,
            env_vars={"Surroundings": {"MINE": "1"}, "Parameters": {"EVERYWHERE": "2"}},
            data_folder=certificates,
        )
    )
    async with made:
        yield made


async def get(emulator: Emulator, path: str) -> Any:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{emulator.url}{path}", timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def in_thread(emulator: Emulator, service: str, operation: str, **arguments: Any) -> Any:
    made = client(service, emulator.environment)
    try:
        return await asyncio.to_thread(getattr(made, operation), **arguments)
    finally:
        made.close()


async def test_http_route_runs_a_function_that_uses_the_table(emulator: Emulator) -> None:
    """An unmodified handler reaches the declared table through the SDK's own variables."""
    first = await get(emulator, "/hits/a")
    second = await get(emulator, "/hits/b")

    assert (first["hits"], second["hits"]) == (1, 2)
    assert second["path"] == "/hits/b"


async def test_websocket_route_answers(emulator: Emulator) -> None:
    """The stage's URL and the extra path lead to the same API; a route response is sent."""
    base = emulator.url.replace("http", "ws", 1)
    assert emulator.application.outputs["SocketUrl"] == f"{base}/dev"
    for path in ("/dev", "/ws/general"):
        async with connect(f"{base}{path}", proxy=None) as socket:
            await socket.send('{"action": "x"}')
            answer = json.loads(await socket.recv())

        assert answer == {"route": "$default", "body": '{"action": "x"}'}


async def test_function_gets_its_variables(emulator: Emulator, certificates: Path) -> None:
    """The template's variables with local URLs, then those of --env-vars, and trust in the local authority."""
    variables = (await get(emulator, "/surroundings"))["variables"]

    assert variables["SOCKET_URL"] == f"ws://localhost:{emulator.port}/dev"
    assert variables["TABLE_NAME"] == "local-Table"
    assert (variables["MINE"], variables["EVERYWHERE"]) == ("1", "2")
    assert certificates in Path(variables["AWS_CA_BUNDLE"]).parents
    assert variables["AWS_ENDPOINT_URL"] == emulator.store_url


async def test_messages_are_handled_and_poison_is_set_aside(emulator: Emulator) -> None:
    """From queue to function to table; what fails twice ends in the dead-letter queue."""
    url = emulator.application.outputs["QueueUrl"]
    for body in ("one", "fail"):
        await in_thread(emulator, "sqs", "send_message", QueueUrl=url, MessageBody=body)

    dead = await in_thread(
        emulator,
        "sqs",
        "receive_message",
        QueueUrl=emulator.application.outputs["DeadLettersUrl"],
        WaitTimeSeconds=20,
    )

    assert [message["Body"] for message in dead["Messages"]] == ["fail"]
    for body, seen in (("one", "1"), ("fail", "2")):
        key = {"pk": {"S": f"message#{body}"}}
        answer = await in_thread(emulator, "dynamodb", "get_item", TableName="local-Table", Key=key)
        assert answer["Item"]["seen"] == {"N": seen}


async def test_function_calls_a_function(emulator: Emulator) -> None:
    """H8: a synchronous call carries answer and error; an asynchronous one answers 202 at once."""
    ok = (await emulator.pool.invoke("Caller", {"payload": {}})).value()
    bad = (await emulator.pool.invoke("Caller", {"payload": {"raise": "no"}})).value()
    later = (await emulator.pool.invoke("Caller", {"type": "Event", "payload": {}})).value()

    assert (ok["status"], ok["error"]) == (200, None)
    assert "pid" in json.loads(ok["payload"])
    assert (bad["status"], bad["error"]) == (200, "Unhandled")
    assert json.loads(bad["payload"])["errorMessage"] == "no"
    assert (later["status"], later["payload"]) == (202, "")


async def test_lambda_refuses_what_cannot_be_invoked(emulator: Emulator) -> None:
    """H8: an unknown function is 404, a payload that is no JSON 400, a dry run 204."""
    url = f"{emulator.environment['AWS_ENDPOINT_URL_LAMBDA']}/2015-03-31/functions"
    async with httpx.AsyncClient() as http:
        unknown = await http.post(f"{url}/nobody/invocations", content=b"{}")
        garbage = await http.post(f"{url}/local-Misbehaving/invocations", content=b"{")
        dry = await http.post(
            f"{url}/local-Misbehaving/invocations", headers={"x-amz-invocation-type": "DryRun"}
        )
        other = await http.get(f"{url}/local-Misbehaving")

    assert (unknown.status_code, unknown.headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
    assert (garbage.status_code, garbage.headers["x-amzn-errortype"]) == (
        400,
        "InvalidRequestContentException",
    )
    assert dry.status_code == 204
    assert other.status_code == 404


async def test_asynchronous_invocation_is_tried_three_times(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H8: twice more after a failure, under the same request id."""
    monkeypatch.setattr("local_emulator.functions.asynchronous._RETRY_SECONDS", (0.01, 0.01))
    lines: list[str] = []
    monkeypatch.setattr(emulator.pool, "_log", lambda function, line: lines.append(line))

    await in_thread(
        emulator,
        "lambda",
        "invoke",
        FunctionName="local-Misbehaving",
        InvocationType="Event",
        Payload=b'{"raise": "always"}',
    )

    starts = await eventually(lambda: [s for s in lines if s.startswith("START")][2:] and list(lines))
    assert len({line for line in starts if line.startswith("START")}) == 1


async def test_stop_leaves_no_process(certificates: Path) -> None:
    """The functions' processes and the store's end with the emulator."""
    async with Emulator(Settings(template=TEMPLATE, data_folder=certificates)) as emulator:
        await emulator.pool.invoke("Misbehaving", {})
        pids = [environment.pid for environment in emulator.pool.environments()]

    assert pids
    assert not any(alive(pid) for pid in pids)


async def test_start_refuses_variables_for_an_unknown_function(certificates: Path) -> None:
    """A misspelt logical id in --env-vars is said, not ignored; and nothing is left running."""
    emulator = Emulator(
        Settings(template=TEMPLATE, env_vars={"Nobody": {"A": "1"}}, data_folder=certificates)
    )

    with pytest.raises(StartError, match="Nobody"):
        await emulator.__aenter__()


async def test_own_dynamodb_wins_over_the_store(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_ENDPOINT_URL_DYNAMODB of the person is used for provisioning and by the functions, with their credentials."""
    async with Emulator(Settings(template=TEMPLATE, data_folder=certificates)) as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", other.store_url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMINE000000000000")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        async with Emulator(Settings(template=TEMPLATE, data_folder=certificates)) as emulator:
            assert (await get(emulator, "/hits/a"))["hits"] == 1
            variables = (await get(emulator, "/surroundings"))["variables"]

        assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == other.store_url
        assert variables["AWS_ACCESS_KEY_ID"] == "AKIAMINE000000000000"
        # The other emulator counts on, in the table that both share.
        assert (await get(other, "/hits/a"))["hits"] == 2
