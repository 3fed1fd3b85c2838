"""Several APIs of an application on the one port: by stage, by prefix, by host name (case F11)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local_emulator.address import Address
from local_emulator.certificates import load_or_create
from local_emulator.gateway import Gateway
from local_emulator.model import (
    Application,
    HttpApi,
    HttpRoute,
    RestApi,
    RestMethod,
    Stage,
    WebSocketApi,
    WebSocketRoute,
)
from local_emulator.template.apis.addresses import at_home, placed, prefixes
from tests.integration.emulator.gateway.local_gateway import Functions, Running


def socket(name: str, stage: str) -> WebSocketApi:
    return WebSocketApi(
        logical_id=name,
        api_id=name.lower() * 3,
        name=name,
        route_selection_expression="$request.body.action",
        stage=Stage(name=stage),
        routes={"$default": WebSocketRoute(route_key="$default", function=name, responds=True)},
    )


def http(name: str, stage: str) -> HttpApi:
    routes = (HttpRoute(method="ANY", path="$default", function=name),)
    return HttpApi(
        logical_id=name, api_id=name.lower() * 3, name=name, stage=Stage(name=stage), routes=routes
    )


def rest(name: str, stage: str) -> RestApi:
    routes = (RestMethod(method="GET", path="/{proxy+}", function=name),)
    return RestApi(
        logical_id=name, api_id=name.lower() * 3, name=name, stage=Stage(name=stage), routes=routes
    )


SOCKETS = (socket("Chat", "prod"), socket("News", "prod"), socket("Dev", "dev"))
HTTPS = (http("Web", "$default"), http("Second", "$default"), http("Named", "v1"))
RESTS = (rest("Old", "v1"), rest("Prod", "prod"))
PREFIXES = prefixes(SOCKETS, (*HTTPS, *RESTS))


def tell(event: dict[str, Any]) -> dict[str, Any]:
    context = event["requestContext"]
    said = {
        "api": context["apiId"],
        "domain": context["domainName"],
        "path": event.get("rawPath", event.get("path")),
    }
    return {"statusCode": 200, "body": json.dumps(said)}


@pytest.fixture
async def gateway(certificates: Path) -> AsyncIterator[Running]:
    names = [api.logical_id for api in (*SOCKETS, *HTTPS, *RESTS)]
    functions = Functions(dict.fromkeys(names, tell))
    application = Application(
        functions={},
        websocket_apis=placed(SOCKETS, PREFIXES),
        http_apis=placed(HTTPS, PREFIXES),
        rest_apis=placed(RESTS, PREFIXES),
    )
    certificate = load_or_create(certificates)
    made = Gateway(application, functions, address=Address.take(), certificate=certificate)
    await made.start()
    yield Running(made, functions, certificate.ca_bundle)
    await made.stop()


def test_only_an_api_whose_stage_is_taken_gets_a_prefix() -> None:
    """Its logical id; WebSocket APIs do not stand in the way of HTTP and REST APIs."""
    assert {"newsnewsnews": "/News", "secondsecondsecond": "/Second", "oldoldold": "/Old"} == PREFIXES


def test_urls_of_a_template_lead_to_the_prefix() -> None:
    """An execute-api URL names the API by its id, and becomes the local one."""
    news = "wss://newsnewsnews.execute-api.us-east-1.amazonaws.com/prod"
    chat = "chatchatchat.execute-api.eu-west-1.amazonaws.com"

    assert "ws://localhost:1/News/prod localhost:1" == at_home(f"{news} {chat}", "localhost:1", PREFIXES)


@pytest.mark.parametrize(
    ("path", "api"),
    [("/prod", "chatchatchat"), ("/News/prod", "newsnewsnews"), ("/dev", "devdevdev")],
)
async def test_f11_each_socket_has_its_own_path_and_posts_by_it(
    gateway: Running, path: str, api: str
) -> None:
    """`https://{domainName}/{stage}` of the event leads to the connections of that API, and of no other."""
    async with gateway.connect(path) as connected:
        await connected.send("{}")
        said = json.loads(await connected.recv())
        prefix = path.rpartition("/")[0]
        assert (api, f"localhost:{gateway.gateway.port}{prefix}") == (said["api"], said["domain"])
        (event,) = gateway.functions.of({"c": "Chat", "n": "News", "d": "Dev"}[api[0]])
        connection_id = event["requestContext"]["connectionId"]
        mine = gateway.management(path[1:])
        await asyncio.to_thread(mine.post_to_connection, ConnectionId=connection_id, Data=b"posted")
        assert "posted" == await connected.recv()
        other = gateway.management("dev" if path != "/dev" else "prod")
        with pytest.raises(other.exceptions.GoneException):
            await asyncio.to_thread(other.post_to_connection, ConnectionId=connection_id, Data=b"x")


@pytest.mark.parametrize(
    ("path", "api", "seen"),
    [
        ("/a/b", "webwebweb", "/a/b"),
        ("/Second/a/b", "secondsecondsecond", "/a/b"),
        ("/v1/a", "namednamednamed", "/v1/a"),
        ("/Old/v1/a", "oldoldold", "/a"),
        # A WebSocket API has the same stage; a plain request is for the REST API.
        ("/prod/a", "prodprodprod", "/a"),
    ],
)
async def test_each_http_and_rest_api_has_its_own_path(
    gateway: Running, path: str, api: str, seen: str
) -> None:
    """The function sees the path that it would see on AWS."""
    async with gateway.http() as client:
        said = (await client.get(path)).json()

    assert (api, seen) == (said["api"], said["path"])


async def test_a_host_name_of_an_api_narrows_the_choice(gateway: Running) -> None:
    """As on AWS: with `{apiId}.execute-api.…` no prefix is needed to be kept out of the others."""
    headers = {"host": "namednamednamed.execute-api.us-east-1.amazonaws.com"}
    async with gateway.http() as client:
        named = await client.get("/v1/a", headers=headers)
        foreign = await client.get("/prod/a", headers=headers)

    assert ("namednamednamed", 403) == (named.json()["api"], foreign.status_code)
