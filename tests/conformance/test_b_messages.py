"""B: messages and routes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.conformance.cases import DOCUMENTED, INFERRED, RECORDED, REPORTED, SPECIFIED, case
from tests.conformance.clients import closed, received, still_open, told
from tests.conformance.target import Event, Target, new_key

ECHO = '{"action":"echo"}'


async def taken(target: Target, body: str, api: str = "Socket") -> str:
    """The key of the route that a message takes."""
    async with target.connect(api) as socket:
        connection_id = await target.connection_id(socket)
        await socket.send(body)
        event = (await target.events(connection_id, 2))[1]
    assert body == event["body"]
    found: str = event["requestContext"]["routeKey"]
    return found


def do(action: str = "", **words: Any) -> str:
    """A message with control words."""
    return json.dumps({"action": action, "do": words})


@case("B1", DOCUMENTED)
async def test_b1_a_message_takes_the_route_that_it_names(target: Target) -> None:
    """The value of `$request.body.action` in a JSON message is the key of its route."""
    assert "join" == await taken(target, '{"action":"join"}')


@case("B2", DOCUMENTED)
async def test_b2_a_name_without_a_route_takes_the_default(target: Target) -> None:
    """A value without a route of its own goes to `$default`."""
    assert "$default" == await taken(target, '{"action":"dance"}')


@case("B3", DOCUMENTED)
@pytest.mark.parametrize("body", ["{}", "not JSON", "", "[1]", '"join"', '{"action":null}'])
async def test_b3_a_message_without_a_name_takes_the_default(target: Target, body: str) -> None:
    """A key that is missing, a body that is empty, no JSON or no object goes to `$default`."""
    assert "$default" == await taken(target, body)


@case("B4", RECORDED)
async def test_b4_a_message_without_a_route_is_forbidden(target: Target) -> None:
    """Nothing matches and there is no `$default`: the client is told Forbidden, and the connection stays."""
    async with target.connect("Open") as socket:
        for _ in range(2):
            await socket.send("x")
            assert "Forbidden" == (await told(socket))["message"]


@case("B5", DOCUMENTED)
@pytest.mark.parametrize(
    ("api", "body", "route"),
    [
        ("Nested", '{"meta":{"kind":"deep"}}', "deep"),
        ("Nested", '{"meta":"deep"}', "$default"),
        ("Compound", '{"service":"chat","action":"join"}', "chatjoin"),
        ("Compound", '{"action":"join"}', "join"),
        ("Compound", '{"service":"chat"}', "$default"),
        ("Static", '{"action":"other"}', "action"),
    ],
)
async def test_b5_expressions_may_be_nested_compound_or_static(
    target: Target, api: str, body: str, route: str
) -> None:
    """Expressions may be nested, compound (what is missing becomes empty) or a plain word."""
    assert route == await taken(target, body, api)


@case("B6", DOCUMENTED)
@pytest.mark.parametrize(
    ("value", "route"), [("7", "7"), ("true", "true"), ('{"a":1}', "$default"), ("[1]", "$default")]
)
async def test_b6_any_value_is_made_a_text(target: Target, value: str, route: str) -> None:
    """A number, boolean, array or object is made a text before it is matched."""
    assert route == await taken(target, f'{{"action":{value}}}')


@case("B7", INFERRED)
@pytest.mark.parametrize("name", ["$connect", "$disconnect", "$default"])
async def test_b7_no_message_runs_the_routes_of_connections(target: Target, name: str) -> None:
    """A message that names `$connect` or `$disconnect` goes to `$default`."""
    assert "$default" == await taken(target, json.dumps({"action": name}))


@case("B8", DOCUMENTED)
async def test_b8_a_body_goes_nowhere_without_a_route_response(target: Target) -> None:
    """A function's body is not sent to the client where its route has no route response."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        await socket.send('{"action":"join"}')
        await target.seen(connection_id, 2)
        await socket.send(ECHO)
        assert ECHO == await received(socket)


@case("B9", DOCUMENTED)
async def test_b9_a_route_response_sends_the_body(target: Target) -> None:
    """With a route response the body is sent as one message; an empty or absent one sends nothing."""
    async with target.connect() as socket:
        for answer in ({"statusCode": 200}, {"statusCode": 200, "body": ""}):
            await socket.send(do("echo", answer=answer))
        await target.seen(await target.connection_id(socket), 3)
        await socket.send(do("echo", answer={"statusCode": 200, "body": "héllo"}))
        assert "héllo" == await received(socket)


@case("B10", INFERRED)
@pytest.mark.parametrize("answer", [None, "x", {}, [], 7], ids=repr)
async def test_b10_an_odd_answer_breaks_nothing(target: Target, answer: Any) -> None:
    """With a route response, an answer without a body or of another shape sends nothing that could be relied on."""
    async with target.connect() as socket:
        await socket.send(do("echo", answer=answer))
        await target.seen(await target.connection_id(socket), 2)
        await socket.send(ECHO)
        async with asyncio.timeout(20):
            while await socket.recv() != ECHO:
                pass


@case("B11", RECORDED)
@pytest.mark.parametrize(
    "message",
    [do(**{"raise": "boom"}), do("impatient", sleep=1), do(exit=1)],
    ids=["raises", "takes too long", "exits"],
)
async def test_b11_a_function_that_fails_is_told_to_the_client(target: Target, message: str) -> None:
    """The function fails or takes too long: the client is told Internal server error, and the connection stays."""
    async with target.connect() as socket:
        await socket.send(message)
        assert "Internal server error" == (await told(socket))["message"]
        await socket.send(ECHO)
        assert ECHO == await received(socket)


@case("B12", DOCUMENTED)
async def test_b12_messages_run_side_by_side(target: Target) -> None:
    """Messages of one connection are handled at the same time: a slow one holds up no other."""
    key = new_key()
    slow = do("echo", **{"await": key})
    async with target.connect() as socket:
        await socket.send(slow)
        await socket.send(ECHO)
        assert ECHO == await received(socket)
        await target.go(key)
        assert slow == await received(socket)


@case("B13", DOCUMENTED)
async def test_b13_a_mock_answers_without_a_function(target: Target) -> None:
    """A MOCK integration with a route response and an integration response answers without a function."""
    async with target.connect() as socket:
        await socket.send('{"action":"mock"}')
        assert {"mocked": True, "stage": "dev"} == json.loads(await received(socket))
        connection_id = await target.connection_id(socket)

    assert "$connect" == (await target.events(connection_id))[0]["requestContext"]["routeKey"]


@case("B14", DOCUMENTED)
async def test_b14_a_body_that_does_not_fit_its_model_is_refused(target: Target) -> None:
    """A body that does not fit its route's model: the client is told Bad request body, and nothing is invoked."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        await socket.send('{"action":"checked"}')
        assert "Bad request body" == (await told(socket))["message"]
        await socket.send('{"action":"checked","size":1}')
        events = await target.events(connection_id, 2)

    assert [None, 1] == [json.loads(it.get("body", "{}")).get("size") for it in events]


@case("B15", DOCUMENTED)
async def test_b15_stage_variables_are_on_every_event(target: Target) -> None:
    """A stage's variables are on every event; where it has none, they are absent."""
    assert [{"colour": "blue"}] * 3 == [it["stageVariables"] for it in await whole_life(target, "Socket")]
    assert not any("stageVariables" in event for event in await whole_life(target, "Static"))


async def whole_life(target: Target, api: str) -> list[Event]:
    """The events of a connection that sends one message."""
    async with target.connect(api) as socket:
        connection_id = await target.connection_id(socket)
        await socket.send("x")
        await target.seen(connection_id, 2)
    return await target.events(connection_id, 3)


async def closed_after(target: Target, data: Any) -> int:
    async with target.connect() as socket:
        with suppress(ConnectionClosed):
            await socket.send(data)
        return (await closed(socket))[0]


@case("B16", DOCUMENTED)
async def test_b16_a_binary_frame_closes(target: Target) -> None:
    """A binary frame closes the connection with 1003."""
    assert 1003 == await closed_after(target, b"binary")


@case("B17", DOCUMENTED)
async def test_b17_a_frame_over_32_kb_closes(target: Target) -> None:
    """A frame of more than 32 KB closes the connection with 1009."""
    assert 1009 == await closed_after(target, "x" * (32 * 1024 + 1))


@case("B18", DOCUMENTED)
async def test_b18_a_message_over_128_kb_closes(target: Target) -> None:
    """A message of more than 128 KB, in frames that are small enough, closes the connection with 1009."""
    assert 1009 == await closed_after(target, ["x" * 32_000] * 5)


@case("B19", DOCUMENTED)
async def test_b19_a_message_of_128_kb_is_delivered(target: Target) -> None:
    """A message of 128 KB in four frames is delivered whole."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        await socket.send(["x" * (32 * 1024)] * 4)
        event = (await target.events(connection_id, 2))[1]

    assert 128 * 1024 == len(event["body"])


@case("B20", DOCUMENTED)
async def test_b20_a_fragmented_message_is_one_event(target: Target) -> None:
    """A message in several frames is one event."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        await socket.send(['{"action":', '"echo",', '"n":1}'])
        assert '{"action":"echo","n":1}' == await received(socket)

    assert 2 == len([it for it in await target.events(connection_id, 2) if "disconnectReason" not in str(it)])


@case("B21", SPECIFIED)
async def test_b21_text_that_is_not_utf_8_closes(target: Target) -> None:
    """Text that is not UTF-8 closes the connection with 1007."""
    async with target.connect() as socket:
        socket.transport.write(Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True))
        assert 1007 == (await closed(socket))[0]


@case("B22", REPORTED)
async def test_b22_a_ping_is_answered_and_is_no_message(target: Target) -> None:
    """A client's ping is answered with a pong, and is no MESSAGE event."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        assert await still_open(socket)
        await socket.send(ECHO)
        await received(socket)
        events = await target.events(connection_id, 2)

    assert ["$connect", "echo"] == [it["requestContext"]["routeKey"] for it in events]


@case("B23", RECORDED, simplified="one token bucket a route, exact; AWS's are spread over machines")
async def test_b23_what_is_over_the_throttle_is_told_to_the_client(target: Target) -> None:
    """A throttle is exceeded: the client is told Too Many Requests, and the connection stays."""
    async with target.connect() as socket:
        for _ in range(30):
            await socket.send('{"action":"throttled"}')
        assert "Too Many Requests" == (await told(socket))["message"]
        await socket.send(ECHO)
        async with asyncio.timeout(20):
            while await socket.recv() != ECHO:
                pass


@case("B24", DOCUMENTED, simplified="quotas and throttles of usage plans are not counted")
@pytest.mark.parametrize(("key", "status"), [(None, 403), ("wrong", 403), ("conformance-of-every-case", 101)])
async def test_b24_an_api_key_may_be_required(target: Target, key: str | None, status: int) -> None:
    """An API key is required on `$connect` and is missing or unknown: 403."""
    headers = {"x-api-key": key} if key else {}
    try:
        async with target.connect("Keyed", additional_headers=headers) as socket:
            found = 101 if await still_open(socket) else 0
    except InvalidStatus as refused:
        found = refused.response.status_code

    assert status == found
