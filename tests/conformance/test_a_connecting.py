"""A: opening a connection."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.typing import Subprotocol

from tests.conformance.cases import DOCUMENTED, INFERRED, RECORDED, REPORTED, case
from tests.conformance.clients import error_of, received, refusal, signature, still_open, told
from tests.conformance.target import Target, new_key

NOT_VERIFIED = "a signature must be there and well-formed, but is not verified"


@case("A1", DOCUMENTED)
async def test_a1_without_a_connect_route_everybody_may_connect(target: Target) -> None:
    """Without a `$connect` route the upgrade succeeds and nothing is invoked."""
    async with target.connect("Open") as socket:
        await socket.send("no route either")
        connection_id = (await told(socket))["connectionId"]

    assert [] == await target.seen_so_far(connection_id)


@case("A2", DOCUMENTED)
async def test_a2_the_upgrade_waits_for_connect(target: Target) -> None:
    """The upgrade is pending until `$connect` has returned 2xx, then it is 101."""
    key = new_key()
    connecting = asyncio.create_task(target.connect(case=key, do={"await": f"{key}/go"}).__aenter__())
    await target.seen(key)
    assert not connecting.done()

    await target.go(f"{key}/go")
    socket = await connecting
    assert 101 == getattr(socket.response, "status_code", None)
    await socket.close()


@case("A3", DOCUMENTED)
@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a3_a_refusal_is_passed_on(target: Target, status: int) -> None:
    """`$connect` answers 4xx: the upgrade is refused with that status, and no `$disconnect` follows."""
    key = new_key()
    refused, _ = await refusal(target.connect(case=key, do={"answer": {"statusCode": status}}))
    (event,) = await target.events(key)

    assert status == refused
    assert 1 == len(await target.seen_so_far(event["requestContext"]["connectionId"]))


@case("A4", INFERRED)
async def test_a4_a_server_error_is_passed_on(target: Target) -> None:
    """`$connect` answers 500: the upgrade is refused with it."""
    assert 500 == (await refusal(target.connect(do={"answer": {"statusCode": 500}})))[0]


@case("A5", REPORTED)
@pytest.mark.parametrize(
    "do",
    [
        {"raise": "boom"},
        {"answer": "text"},
        {"answer": None},
        {"answer": {}},
        {"answer": {"statusCode": "x"}},
    ],
    ids=["raises", "text", "null", "no status", "status no number"],
)
async def test_a5_a_connect_function_that_fails_refuses(target: Target, do: Any) -> None:
    """`$connect` raises or answers no status: 502; it takes longer than its integration may: 504."""
    assert 502 == (await refusal(target.connect(do=do)))[0]


@case("A5", REPORTED)
async def test_a5_a_connect_function_that_is_late_refuses(target: Target) -> None:
    """The time is `TimeoutInMillis`, 29 s at most."""
    assert 504 == (await refusal(target.connect("Hasty", do={"sleep": 1})))[0]


@case("A6", REPORTED)
@pytest.mark.parametrize("operation", ["post_to_connection", "get_connection"])
async def test_a6_a_connection_that_is_not_open_yet_is_gone(target: Target, operation: str) -> None:
    """Posting to a connection whose `$connect` has not returned, or asking for it, is 410."""
    key = new_key()
    connecting = asyncio.create_task(target.connect(case=key, do={"await": f"{key}/go"}).__aenter__())
    (event,) = await target.events(key)
    data = {"Data": b"x"} if operation == "post_to_connection" else {}
    name = event["requestContext"]["connectionId"]

    assert (410, "GoneException") == await error_of(target.management(), operation, ConnectionId=name, **data)
    await target.go(f"{key}/go")
    await (await connecting).close()


@case("A7", REPORTED)
async def test_a7_connect_cannot_post_to_its_own_connection(target: Target) -> None:
    """A post by the function that serves `$connect` is 410."""
    key = new_key()
    async with target.connect(case=key, do={"post": "welcome"}):
        (status,) = await target.seen(f"{key}/post")
    assert 410 == status.event["status"]


@case("A8", RECORDED)
async def test_a8_the_query_is_on_the_connect_event_alone(target: Target) -> None:
    """The query string is on CONNECT alone, the last value in one map and all in the other."""
    key = new_key()
    async with target.connect(path="?a=1&a=2&b=", case=key) as socket:
        await socket.send("x")
        connected, message = await target.events(await target.connection_id(socket), 2)

    assert {"a": "2", "b": ""} == connected["queryStringParameters"]
    assert {"a": ["1", "2"], "b": [""]} == connected["multiValueQueryStringParameters"]
    assert not {"queryStringParameters", "multiValueQueryStringParameters"} & set(message)


@case("A8", RECORDED)
async def test_a8_there_is_no_query_where_none_was_sent(target: Target) -> None:
    """Without a query both are absent."""
    key = new_key()
    async with target.connect(case=key):
        (event,) = await target.events(key)

    assert not {"queryStringParameters", "multiValueQueryStringParameters"} & set(event)


@case("A9", RECORDED)
async def test_a9_the_headers_are_on_the_connect_event(target: Target) -> None:
    """The request's headers are on CONNECT and never on MESSAGE, with those that the gateway adds."""
    key = new_key()
    headers = {"X-MiNe": "yes"}
    async with target.connect(case=key, additional_headers=headers) as socket:
        await socket.send("x")
        connected, message = await target.events(await target.connection_id(socket), 2)

    added = {"Host", "Sec-WebSocket-Key", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port"}
    assert added | {"X-Forwarded-Proto", "X-MiNe"} <= set(connected["headers"])
    assert set(connected["headers"]) == set(connected["multiValueHeaders"])
    assert ("yes", ["yes"]) == (connected["headers"]["X-MiNe"], connected["multiValueHeaders"]["X-MiNe"])
    assert not {"headers", "multiValueHeaders"} & set(message)


@case("A10", DOCUMENTED)
async def test_a10_the_subprotocol_is_the_functions_choice(target: Target) -> None:
    """The subprotocol that `$connect` answers as a header is in the 101."""
    answer = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "b"}}
    offered = [Subprotocol("a"), Subprotocol("b")]
    async with target.connect(do={"answer": answer}, subprotocols=offered) as socket:
        assert "b" == socket.subprotocol


@case("A11", DOCUMENTED)
async def test_a11_without_a_choice_there_is_no_subprotocol(target: Target) -> None:
    """Offered protocols of which `$connect` answers none: 101 without one."""
    async with target.connect(subprotocols=[Subprotocol("a")]) as socket:
        assert None is socket.subprotocol


@case("A12", REPORTED)
async def test_a12_another_stage_is_forbidden(target: Target) -> None:
    """A path that is no stage is 403, Forbidden."""
    stage = urlsplit(target.outputs["SocketUrl"]).path
    wrong = target.connect(path="x")
    assert wrong.uri.endswith(f"{stage}x")

    status, body = await refusal(wrong)
    assert (403, "Forbidden") == (status, body["message"])


@case("A13", INFERRED)
async def test_a13_a_path_after_the_stage_is_forbidden(target: Target) -> None:
    """A further path after the stage is 403."""
    assert 403 == (await refusal(target.connect(path="/further")))[0]


@case("A14", RECORDED)
async def test_a14_a_plain_get_is_told_to_upgrade(target: Target) -> None:
    """A plain GET without an upgrade is 426."""
    async with target.http("Socket") as http:
        assert 426 == (await http.get("")).status_code


@case("A15", DOCUMENTED)
async def test_a15_without_its_identity_source_the_authorizer_is_not_asked(target: Target) -> None:
    """A Lambda authorizer's identity source is missing: 401, and the authorizer is not invoked."""
    key = new_key()
    assert 401 == (await refusal(target.connect("Guarded", case=key)))[0]
    assert [] == await target.seen_so_far(f"{key}/authorizer")


async def _guarded(target: Target, word: str) -> tuple[int, int]:
    """The status of a refusal, and how often $connect was run."""
    key = new_key()
    status, _ = await refusal(target.connect("Guarded", case=key, additional_headers={"Authorization": word}))
    await target.seen(f"{key}/authorizer")
    return status, len(await target.seen_so_far(key))


@case("A16", DOCUMENTED)
async def test_a16_a_policy_that_denies_refuses(target: Target) -> None:
    """The authorizer's policy denies: 403."""
    assert (403, 0) == await _guarded(target, "deny")


@case("A17", DOCUMENTED)
@pytest.mark.parametrize("word", ["raise", "nonsense"])
async def test_a17_an_authorizer_that_fails_refuses(target: Target, word: str) -> None:
    """The authorizer raises, or answers no valid policy: 500."""
    assert (500, 0) == await _guarded(target, word)


@case("A18", DOCUMENTED)
async def test_a18_an_authorizer_may_say_unauthorized(target: Target) -> None:
    """The authorizer raises exactly `Unauthorized`: 401."""
    assert (401, 0) == await _guarded(target, "unauthorized")


@case("A19", RECORDED)
async def test_a19_an_authorizers_context_is_on_every_event(target: Target) -> None:
    """The authorizer's context and principal are on every event of the connection, as texts."""
    headers = {"Authorization": "allow"}
    async with target.connect("Guarded", additional_headers=headers) as socket:
        connection_id = await target.connection_id(socket)
        await socket.send("x")
        await target.seen(connection_id, 2)
    events = await target.events(connection_id, 3)

    assert ["CONNECT", "MESSAGE", "DISCONNECT"] == [it["requestContext"]["eventType"] for it in events]
    for event in events:
        known = event["requestContext"]["authorizer"]
        assert ("alice", "3", "true") == (known["principalId"], known["level"], known["admin"])
        assert "integrationLatency" in known


@case("A20", DOCUMENTED)
async def test_a20_the_authorizer_is_asked_about_the_connect_route(target: Target) -> None:
    """The authorizer's event: type REQUEST, the ARN of `$connect`, headers, query, stage variables, context."""
    key = new_key()
    headers = {"Authorization": "allow"}
    async with target.connect("Guarded", "?a=1", case=key, additional_headers=headers):
        (event,) = await target.events(f"{key}/authorizer")

    assert "REQUEST" == event["type"]
    assert event["methodArn"].endswith("/guarded/$connect")
    assert "allow" == event["headers"]["Authorization"]
    assert {"a": "1"} == event["queryStringParameters"]
    assert {"colour": "red"} == event["stageVariables"]
    assert ("CONNECT", "$connect") == (
        event["requestContext"]["eventType"],
        event["requestContext"]["routeKey"],
    )
    assert not event.get("pathParameters")


@case("A22", DOCUMENTED, simplified=NOT_VERIFIED)
async def test_a22_iam_wants_a_signature(target: Target) -> None:
    """AWS_IAM on `$connect` and no signature: 403, Missing Authentication Token; with one, 101."""
    status, body = await refusal(target.connect("Signed"))
    assert (403, "Missing Authentication Token") == (status, body["message"])

    headers = signature(target, "GET", target.management_url("Signed"))
    async with target.connect("Signed", additional_headers=headers) as socket:
        assert await still_open(socket)


@case("A23", INFERRED)
async def test_a23_a_url_has_4096_characters(target: Target) -> None:
    """A URL of more than 4,096 characters is refused."""
    status, _ = await refusal(target.connect(path="?a=" + "x" * 4096))
    assert status in (400, 414)


@case("A24", INFERRED)
async def test_a24_no_extension_is_negotiated(target: Target) -> None:
    """permessage-deflate is offered: the 101 names no extension."""
    async with target.connect(compression="deflate") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


@case("A25", INFERRED)
async def test_a25_connect_runs_on_though_its_client_has_gone(target: Target) -> None:
    """The client disconnects while `$connect` runs: the invocation is finished."""
    key = new_key()
    connecting = asyncio.create_task(target.connect(case=key, do={"await": f"{key}/go"}).__aenter__())
    await target.seen(key)
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)

    await target.go(f"{key}/go")
    assert [{"statusCode": 200}] == await target.events(f"{key}/done")


async def test_what_the_tests_rely_on_is_deployed(target: Target) -> None:
    """The echo that the other cases use."""
    async with target.connect() as socket:
        await socket.send(json.dumps({"action": "echo"}))
        assert {"action": "echo"} == json.loads(await received(socket))
