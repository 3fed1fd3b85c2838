"""Raw ApiGatewayV2 resources with route responses, MOCK and templates, as they would be deployed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local_emulator.emulator import Emulator
from local_emulator.settings import Settings

TEMPLATE = Path(__file__).parent / "calculator/template.yaml"
KEY = {"x-api-key": "a-key-of-twenty-characters"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
async def emulator(certificates: Path) -> AsyncIterator[Emulator]:
    async with Emulator(Settings(template=TEMPLATE, data_folder=certificates)) as made:
        assert made.application.warnings == ()
        yield made


async def told(emulator: Emulator, *messages: Any, stage: str = "Live") -> list[str]:
    """What comes back, one answer a message."""
    url = emulator.application.outputs[f"{stage}Url"]
    answers = []
    async with connect(url, proxy=None, additional_headers=KEY) as socket, asyncio.timeout(20):
        for message in messages:
            await socket.send(json.dumps(message))
            answers.append(str(await socket.recv()))
    return answers


async def test_ping_is_answered_without_a_function(emulator: Emulator) -> None:
    """By templates that know the message, the connection and the stage."""
    english, german = map(json.loads, await told(emulator, {"do": "ping"}, {"do": "ping", "language": "de"}))
    (trial,) = map(json.loads, await told(emulator, {"do": "ping"}, stage="Trial"))

    assert (english["says"], english["level"], english["to"][-1]) == ("pong", "full", "=")
    assert german == {"sagt": "pong", "stufe": "full"}
    assert trial["level"] == "trial"
    assert emulator.pool.environments() == []


async def test_a_quiet_ping_sends_nothing(emulator: Emulator) -> None:
    """An empty template is no message: the next answer is the next message's."""
    url = emulator.application.outputs["LiveUrl"]
    async with connect(url, proxy=None, additional_headers=KEY) as socket, asyncio.timeout(20):
        await socket.send('{"do": "ping", "quietly": true}')
        await socket.send('{"do": "ping", "language": "de"}')

        assert "sagt" in json.loads(await socket.recv())


async def test_a_division_goes_through_templates(emulator: Emulator) -> None:
    """The function sees an event of its own; its error becomes a message by its pattern."""
    answers = await told(emulator, {"do": "divide", "numbers": [1, 8]}, {"do": "divide", "numbers": [1, 0]})

    assert [json.loads(answer) for answer in answers] == [{"is": 0.125}, {"error": "division by zero"}]


async def test_what_does_not_fit_the_model_is_refused(emulator: Emulator) -> None:
    """Before the function."""
    answers = await told(emulator, {"do": "divide", "numbers": [1]}, {"do": "divide"})

    assert [json.loads(answer)["message"] for answer in answers] == ["Bad request body"] * 2
    assert emulator.pool.environments() == []


async def test_stages_differ_by_variables_and_throttles(emulator: Emulator) -> None:
    """Another function echoes, and the second division is one too many."""
    plain = await told(emulator, {"do": "echo", "text": "hello"})
    loud, one, another = await told(
        emulator,
        {"do": "echo", "text": "hello"},
        {"do": "divide", "numbers": [1, 1]},
        {"do": "divide", "numbers": [1, 1]},
        stage="Trial",
    )

    assert (plain, loud) == (["hello"], "HELLO")
    assert json.loads(one) == {"is": 1.0}
    assert json.loads(another)["message"] == "Too Many Requests"


async def test_what_no_route_takes_is_forbidden(emulator: Emulator) -> None:
    """There is no `$default` route."""
    (answer,) = await told(emulator, {"do": "sing"})

    assert json.loads(answer)["message"] == "Forbidden"


async def test_without_a_key_nobody_connects(emulator: Emulator) -> None:
    """403."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(emulator.application.outputs["LiveUrl"], proxy=None):
            pass

    assert refused.value.response.status_code == 403
