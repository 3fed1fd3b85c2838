"""A REST API and a WebSocket API with one authorizer and stage variables, as they would be deployed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local_emulator.emulator import Emulator
from local_emulator.settings import Settings

TEMPLATE = Path(__file__).parent / "auctions/template.yaml"
ANN, BEN = {"Authorization": "Bearer t-ann"}, {"Authorization": "Bearer t-ben"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
async def emulator(certificates: Path) -> AsyncIterator[Emulator]:
    async with Emulator(Settings(template=TEMPLATE, data_folder=certificates)) as made:
        yield made


@pytest.fixture
async def api(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    url = emulator.application.outputs["ApiUrl"]
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
        yield client


async def received(socket: Any) -> Any:
    async with asyncio.timeout(20):
        return json.loads(await socket.recv())


async def test_a_bid_reaches_who_watches(emulator: Emulator, api: httpx.AsyncClient) -> None:
    """Through both APIs of the same stage, each with its own variables; who has left is forgotten."""
    url = f"{emulator.application.outputs['SocketUrl']}?token=t-ben"
    async with connect(url, proxy=None) as socket:
        await socket.send('{"action": "watch", "auction": "chair"}')
        watching = await received(socket)

        made = await api.post("/auctions/chair/bids", json={"amount": 7}, headers=ANN)
        pushed = await received(socket)
    await api.post("/auctions/chair/bids", json={"amount": 8}, headers=ANN)
    read = (await api.get("/auctions/chair")).json()

    assert watching == {"watching": "chair", "person": "ben", "currency": "USD"}
    assert made.status_code == 201
    assert pushed == made.json() == {"auction": "chair", "amount": 7, "by": "ann", "currency": "EUR"}
    assert read == {"auction": "chair", "bids": [8], "watchers": 0}


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        pytest.param({}, 401, {"error": "Unauthorized"}, id="no-token"),
        pytest.param({"Authorization": "t-ann"}, 401, {"error": "Unauthorized"}, id="not-as-expected"),
        pytest.param({"Authorization": "Bearer x"}, 401, {"error": "Unauthorized"}, id="unknown"),
        pytest.param(
            BEN,
            403,
            {"Message": "User is not authorized to access this resource with an explicit deny"},
            id="denied",
        ),
    ],
)
async def test_who_may_not_bid_hears_it(
    api: httpx.AsyncClient, headers: dict[str, str], status: int, body: dict[str, str]
) -> None:
    """In the gateway's words, or in the template's where it has some, with its header for browsers."""
    answer = await api.post("/auctions/chair/bids", json={"amount": 1}, headers=headers)

    assert (answer.status_code, answer.json()) == (status, body)
    if status == 401:
        assert answer.headers["access-control-allow-origin"] == "https://auctions.example"


async def test_a_bid_that_is_none_is_refused_before_the_function(api: httpx.AsyncClient) -> None:
    """By the model; and a browser's preflight is answered by the MOCK that SAM makes."""
    wrong = await api.post("/auctions/chair/bids", json={"amount": 0}, headers=ANN)
    preflight = await api.options("/auctions/chair/bids")

    assert (wrong.status_code, wrong.json()) == (400, {"message": "Invalid request body"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (
        200,
        "https://auctions.example",
    )


async def test_what_is_not_there_is_forbidden(api: httpx.AsyncClient) -> None:
    """As REST APIs say it."""
    answer = await api.delete("/auctions/chair")

    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?token=x", 401)])
async def test_who_may_not_connect_hears_it(emulator: Emulator, query: str, status: int) -> None:
    """The upgrade is refused."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{emulator.application.outputs['SocketUrl']}{query}", proxy=None):
            pass

    assert refused.value.response.status_code == status
