"""E: the events of WebSocket APIs."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.conformance.cases import RECORDED, case
from tests.conformance.target import Event, Target

CONTEXT = {
    *("routeKey", "eventType", "extendedRequestId", "requestTime", "messageDirection", "stage"),
    *("connectedAt", "requestTimeEpoch", "identity", "requestId", "domainName", "connectionId", "apiId"),
}
HEADERS = {"headers", "multiValueHeaders"}
TOKEN = r"[A-Za-z0-9_+/-]{14,15}="


@pytest.fixture
async def events(target: Target) -> list[Event]:
    """CONNECT, MESSAGE and DISCONNECT of a connection."""
    async with target.connect(user_agent_header="conformance/1") as socket:
        connection_id = await target.connection_id(socket)
        await socket.send("héllo")
        await target.seen(connection_id, 2)
    return await target.events(connection_id, 3)


def check(event: Event, kind: str, route: str) -> dict[str, Any]:
    """What every event has; gives its context."""
    context: dict[str, Any] = event["requestContext"]
    assert (kind, route, "IN", "dev") == (
        context["eventType"],
        context["routeKey"],
        context["messageDirection"],
        context["stage"],
    )
    assert False is event["isBase64Encoded"]
    return context


@case("E1", RECORDED)
def test_e1_the_connect_event(events: list[Event]) -> None:
    """The CONNECT event has headers and its context, and no body."""
    context = check(events[0], "CONNECT", "$connect")

    assert HEADERS | {"requestContext", "isBase64Encoded", "stageVariables"} == set(events[0])
    assert CONTEXT == set(context)
    assert "conformance/1" == context["identity"]["userAgent"]
    assert context["identity"]["sourceIp"]


@case("E2", RECORDED)
def test_e2_the_message_event(events: list[Event]) -> None:
    """The MESSAGE event has the raw text and a `messageId`, and neither headers nor query."""
    context = check(events[1], "MESSAGE", "$default")

    assert {"requestContext", "isBase64Encoded", "stageVariables", "body"} == set(events[1])
    assert CONTEXT | {"messageId"} == set(context)
    assert "héllo" == events[1]["body"]


@case("E3", RECORDED)
def test_e3_the_disconnect_event(events: list[Event]) -> None:
    """The DISCONNECT event has the code and the reason of the close."""
    context = check(events[2], "DISCONNECT", "$disconnect")

    assert HEADERS | {"requestContext", "isBase64Encoded", "stageVariables"} == set(events[2])
    assert CONTEXT | {"disconnectStatusCode", "disconnectReason"} == set(context)


@case("E4", RECORDED)
def test_e4_connected_at_is_the_same_on_every_event(events: list[Event]) -> None:
    """`connectedAt` and `connectionId` are the same on every event of a connection."""
    contexts = [event["requestContext"] for event in events]

    assert 1 == len({(context["connectedAt"], context["connectionId"]) for context in contexts})
    assert 3 == len({context["requestId"] for context in contexts})


@case("E5", RECORDED)
def test_e5_the_form_of_ids(events: list[Event]) -> None:
    """Ids are 15 or 16 base64 characters that end in `=`; `requestId` equals `extendedRequestId`."""
    for event in events:
        context = event["requestContext"]
        assert re.fullmatch(TOKEN, context["connectionId"])
        assert re.fullmatch(TOKEN, context["requestId"])
        assert context["requestId"] == context["extendedRequestId"]
        assert re.fullmatch("[a-z0-9]{10}", context["apiId"])
    assert re.fullmatch(TOKEN, events[1]["requestContext"]["messageId"])


@case("E6", RECORDED)
def test_e6_the_types_of_members(events: list[Event]) -> None:
    """Times are whole milliseconds, and once a text such as `19/Jan/2023:21:13:26 +0000`; a code is a number."""
    for event in events:
        context = event["requestContext"]
        for name in ("connectedAt", "requestTimeEpoch"):
            assert isinstance(context[name], int)
            assert abs(context[name] / 1000 - time.time()) < 3600
        assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert isinstance(events[2]["requestContext"]["disconnectStatusCode"], int)
    assert isinstance(events[2]["requestContext"]["disconnectReason"], str)
