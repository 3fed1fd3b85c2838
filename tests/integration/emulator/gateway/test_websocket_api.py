"""What API Gateway does with WebSockets, case by case; the numbers are those of the reference in docs/emulator.md."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from local_emulator.model import Authorizer, Stage, Throttle
from tests.integration.emulator.gateway.local_gateway import Raised, ok

Serve = Callable[..., Any]


def echo(event: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": 200, "body": event["body"]}


async def refusal(connecting: Any) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as refused:
        async with connecting:
            pass
    body = refused.value.response.body
    return refused.value.response.status_code, json.loads(body) if body else None


async def closed(socket: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(5):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 it waits for another task's effect, whatever that is
            await asyncio.sleep(0.005)


async def test_a1_without_a_connect_route_everybody_may_connect(serve: Serve) -> None:
    """Nothing is invoked."""
    async with serve({"$default": ok}) as gateway, gateway.connect():
        assert [] == gateway.functions.events


async def test_a2_the_upgrade_waits_for_connect_and_early_frames_are_not_lost(serve: Serve) -> None:
    """101 only after the function has returned; what a hasty client sent before is a message after."""
    let_in = asyncio.Event()

    async def slow(_: dict[str, Any]) -> dict[str, Any]:
        await let_in.wait()
        return {"statusCode": 200}

    async with serve({"$connect": slow, "$default": ok}) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.gateway.port)
        head = (
            "GET /dev HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        frame = Frame(Opcode.TEXT, b"early").serialize(mask=True)
        writer.write(head.encode() + frame)
        await until(lambda: gateway.functions.of("$connect"))
        assert [] == gateway.functions.of("$default")
        let_in.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 101")
        await until(lambda: gateway.functions.of("$default"))
        assert "early" == gateway.functions.of("$default")[0]["body"]
        writer.close()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_a3_a4_a_refusal_is_passed_on(serve: Serve, status: int) -> None:
    """With its status; there is no connection and no $disconnect."""
    functions = {"$connect": lambda _: {"statusCode": status}, "$disconnect": ok}
    async with serve(functions) as gateway:
        assert status == (await refusal(gateway.connect()))[0]
        assert [] == gateway.functions.of("$disconnect")


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        (Raised(), 502),
        (Raised("", "Sandbox.Timedout"), 504),
        ("text", 502),
        (None, 502),
        ({}, 502),
        ({"statusCode": "x"}, 502),
    ],
)
async def test_a5_a_connect_function_that_fails_refuses(serve: Serve, behaviour: Any, status: int) -> None:
    """502, or 504 on time-out."""

    def function(_: dict[str, Any]) -> Any:
        if isinstance(behaviour, Exception):
            raise behaviour
        return behaviour

    async with serve({"$connect": function}) as gateway:
        assert status == (await refusal(gateway.connect()))[0]


async def test_a6_a7_a_post_during_connect_is_410(serve: Serve) -> None:
    """Nothing can be posted to a connection whose $connect has not returned, not even by $connect itself."""
    answers: list[int] = []

    async def post(event: dict[str, Any]) -> dict[str, Any]:
        client = gateway.management()
        try:
            await asyncio.to_thread(
                client.post_to_connection, ConnectionId=event["requestContext"]["connectionId"], Data=b"hello"
            )
        except client.exceptions.GoneException as gone:
            answers.append(gone.response["ResponseMetadata"]["HTTPStatusCode"])
        return {"statusCode": 200}

    async with serve({"$connect": post}) as gateway, gateway.connect():
        assert [410] == answers


async def test_a8_a9_e1_the_connect_event_has_query_and_headers(serve: Serve) -> None:
    """The last value wins, all are in the multi-value maps."""
    async with serve({"$connect": ok}) as gateway:
        async with gateway.connect("/dev?a=1&a=2&b=", additional_headers={"X-Mine": "yes"}):
            pass
        (event,) = gateway.functions.of("$connect")

    assert {"a": "2", "b": ""} == event["queryStringParameters"]
    assert {"a": ["1", "2"], "b": [""]} == event["multiValueQueryStringParameters"]
    assert "yes" == event["headers"]["X-Mine"]
    assert {"Host", "Sec-WebSocket-Key", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Proto"} <= set(
        event["headers"]
    )
    context = event["requestContext"]
    assert ("CONNECT", "$connect", "IN", "dev") == (
        context["eventType"],
        context["routeKey"],
        context["messageDirection"],
        context["stage"],
    )
    assert re.fullmatch(r"[\w+/-]{14,15}=", context["connectionId"])
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert context["requestId"] == context["extendedRequestId"]
    assert isinstance(context["connectedAt"], int)
    assert False is event["isBase64Encoded"]
    assert "body" not in event


async def test_a8_there_is_no_query_where_none_was_sent(serve: Serve) -> None:
    """Both maps are absent."""
    async with serve({"$connect": ok}) as gateway:
        async with gateway.connect():
            pass
        assert not [name for name in gateway.functions.of("$connect")[0] if "ueryString" in name]


async def test_a10_a11_the_subprotocol_is_the_functions_choice(serve: Serve) -> None:
    """It is echoed where the function answers it, and absent where it does not."""

    def choose(event: dict[str, Any]) -> dict[str, Any]:
        chosen = event.get("queryStringParameters", {}).get("choose")
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": chosen} if chosen else {}}

    offered = [Subprotocol("a"), Subprotocol("b")]
    async with serve({"$connect": choose}) as gateway:
        async with gateway.connect("/dev?choose=b", subprotocols=offered) as socket:
            assert "b" == socket.subprotocol
        async with gateway.connect(subprotocols=offered) as socket:
            assert None is socket.subprotocol


@pytest.mark.parametrize("path", ["/other", "/dev/further", "/"])
async def test_a12_a13_another_path_is_forbidden(serve: Serve, path: str) -> None:
    """The stage is the only path that there is."""
    async with serve({"$connect": ok}) as gateway:
        assert (403, {"message": "Forbidden"}) == await refusal(gateway.connect(path))


async def test_an_extra_path_leads_to_its_api(serve: Serve) -> None:
    """What the template's metadata names, beside the stage."""
    async with serve({"$connect": ok}, paths={"/ws/live": "Socket"}) as gateway:
        async with gateway.connect("/ws/live?x=1"):
            pass
        assert {"x": "1"} == gateway.functions.of("$connect")[0]["queryStringParameters"]


async def test_a14_a_plain_get_is_told_to_upgrade(serve: Serve) -> None:
    """426."""
    async with serve({"$connect": ok}) as gateway, gateway.http() as http:
        assert 426 == (await http.get("/dev")).status_code


AUTHORIZER = Authorizer(
    logical_id="A", name="A", function="authorize", identity_sources=("route.request.header.Authorization",)
)


def policy(effect: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}
    return {
        "principalId": "alice",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"level": 3, "admin": True},
    }


def judge(event: dict[str, Any]) -> Any:
    match event["headers"]["Authorization"]:
        case "allow":
            return policy("Allow")
        case "deny":
            return policy("Deny")
        case "unauthorized":
            raise Raised("Unauthorized")
        case "raise":
            raise Raised
        case _:
            return {"policyDocument": "none"}


@pytest.mark.parametrize(
    ("token", "status"),
    [(None, 401), ("deny", 403), ("unauthorized", 401), ("raise", 500), ("nonsense", 500)],
)
async def test_a15_to_a18_an_authorizer_refuses(serve: Serve, token: str | None, status: int) -> None:
    """Each in its way; without its identity source it is not even asked."""
    headers = {"Authorization": token} if token else {}
    async with serve({"$connect": ok, "authorize": judge}, authorizer=AUTHORIZER) as gateway:
        assert status == (await refusal(gateway.connect(additional_headers=headers)))[0]
        assert [] == gateway.functions.of("$connect")
        assert bool(token) == bool(gateway.functions.of("authorize"))


async def test_a19_a20_an_authorizers_context_is_on_every_event(serve: Serve) -> None:
    """As strings, with the principal."""
    functions = {"$connect": ok, "$default": ok, "authorize": judge}
    async with serve(functions, authorizer=AUTHORIZER) as gateway:
        async with gateway.connect(additional_headers={"Authorization": "allow"}) as socket:
            await socket.send("x")
            await until(lambda: gateway.functions.of("$default"))
        asked = gateway.functions.of("authorize")[0]
        events = [gateway.functions.of(name)[0] for name in ("$connect", "$default")]

    assert "REQUEST" == asked["type"]
    assert asked["methodArn"].endswith("/dev/$connect")
    for event in events:
        authorizer = event["requestContext"]["authorizer"]
        assert ("alice", "3", "true") == (authorizer["principalId"], authorizer["level"], authorizer["admin"])


async def test_a22_iam_wants_a_signature(serve: Serve) -> None:
    """403 without one."""
    routes = {"$connect": {"authorization_type": "AWS_IAM"}}
    async with serve({"$connect": ok}, routes=routes) as gateway:
        status, body = await refusal(gateway.connect())

    assert (403, "Missing Authentication Token") == (status, body["message"])


async def test_a24_no_extension_is_negotiated(serve: Serve) -> None:
    """Though the client offers compression."""
    async with serve({"$connect": ok}) as gateway, gateway.connect(compression="deflate") as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


@pytest.mark.parametrize(
    ("body", "route"),
    [
        ('{"action":"join"}', "join"),
        ('{"action":"dance"}', "$default"),
        ("{}", "$default"),
        ("not JSON", "$default"),
        ("", "$default"),
        ("[1]", "$default"),
        ('{"action":7}', "$default"),
        ('{"action":"$connect"}', "$default"),
        ('{"action":"$disconnect"}', "$default"),
    ],
)
async def test_b1_b2_b3_b6_b7_a_message_takes_its_route(serve: Serve, body: str, route: str) -> None:
    """The value of the expression, else $default; never the connect routes."""
    async with serve({"join": ok, "$default": ok, "$disconnect": ok}) as gateway, gateway.connect() as socket:
        await socket.send(body)
        await until(lambda: gateway.functions.events)
        ((function, event),) = gateway.functions.events

    assert (route, route, body) == (function, event["requestContext"]["routeKey"], event["body"])
    assert "headers" not in event
    assert event["requestContext"]["messageId"]


async def test_b4_a_message_without_a_route_is_forbidden_and_the_connection_stays(serve: Serve) -> None:
    """The gateway's own frame says so."""
    async with serve({"join": ok}) as gateway, gateway.connect() as socket:
        for _ in range(2):
            await socket.send("x")
            frame = json.loads(await socket.recv())
            assert ("Forbidden", {"message", "connectionId", "requestId"}) == (frame["message"], set(frame))


async def test_b8_a_body_goes_nowhere_without_a_route_response(serve: Serve) -> None:
    """Only the function with a route response is heard."""
    functions = {"quiet": echo, "loud": echo}
    async with serve(functions, routes={"loud": {"responds": True}}) as gateway, gateway.connect() as socket:
        await socket.send('{"action":"quiet"}')
        await socket.send('{"action":"loud"}')
        assert '{"action":"loud"}' == await socket.recv()


@pytest.mark.parametrize("answer", [None, "x", {}, {"statusCode": 200}, {"body": ""}, []])
async def test_b10_an_answer_without_a_body_sends_nothing(serve: Serve, answer: Any) -> None:
    """And breaks nothing."""
    functions = {"odd": lambda _: answer, "loud": echo}
    routes = {"odd": {"responds": True}, "loud": {"responds": True}}
    async with serve(functions, routes=routes) as gateway, gateway.connect() as socket:
        await socket.send('{"action":"odd"}')
        await until(lambda: gateway.functions.of("odd"))
        await socket.send('{"action":"loud"}')
        assert '{"action":"loud"}' == await socket.recv()


async def test_b11_a_function_that_fails_is_told_to_the_client(serve: Serve) -> None:
    """The connection stays."""

    def fail(_: dict[str, Any]) -> Any:
        raise Raised

    async with serve({"$default": fail}) as gateway, gateway.connect() as socket:
        for _ in range(2):
            await socket.send("x")
            assert "Internal server error" == json.loads(await socket.recv())["message"]


async def test_b12_messages_run_side_by_side(serve: Serve) -> None:
    """A slow one holds up no other."""
    release = asyncio.Event()

    async def function(event: dict[str, Any]) -> dict[str, Any]:
        if event["body"] == "slow":
            await release.wait()
        return {"statusCode": 200, "body": event["body"]}

    responds = {"$default": {"responds": True}}
    async with serve({"$default": function}, routes=responds) as gateway, gateway.connect() as socket:
        await socket.send("slow")
        await socket.send("fast")
        assert "fast" == await socket.recv()
        release.set()
        assert "slow" == await socket.recv()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"binary", 1003), ("x" * (32 * 1024 + 1), 1009), (["x" * 32_000] * 5, 1009)],
    ids=["B16 binary", "B17 frame over 32 KB", "B18 message over 128 KB"],
)
async def test_b16_b17_b18_what_is_too_much_closes(serve: Serve, data: Any, code: int) -> None:
    """With its code, and $disconnect hears of it."""
    async with serve({"$default": ok, "$disconnect": ok}) as gateway, gateway.connect() as socket:
        with suppress(ConnectionClosed):
            await socket.send(data)
        assert code == (await closed(socket))[0]
        await until(lambda: gateway.functions.of("$disconnect"))
        context = gateway.functions.of("$disconnect")[0]["requestContext"]
        assert code == context["disconnectStatusCode"]


async def test_b19_b20_a_fragmented_message_of_128_kb_is_one_event(serve: Serve) -> None:
    """Four frames of 32 KB."""
    async with serve({"$default": ok}) as gateway, gateway.connect() as socket:
        await socket.send(["x" * (32 * 1024)] * 4)
        await until(lambda: gateway.functions.of("$default"))
        assert [128 * 1024] == [len(event["body"]) for event in gateway.functions.of("$default")]


async def test_b21_text_that_is_not_utf_8_closes(serve: Serve) -> None:
    """1007."""
    async with serve({"$default": ok}) as gateway, gateway.connect() as socket:
        socket.transport.write(Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True))
        assert 1007 == (await closed(socket))[0]


async def test_b22_a_ping_is_answered_and_is_no_message(serve: Serve) -> None:
    """The protocol's own ping."""
    async with serve({"$default": ok}) as gateway, gateway.connect() as socket:
        await (await socket.ping())
        assert [] == gateway.functions.events


async def test_b23_what_is_over_the_throttle_is_told_to_the_client(serve: Serve) -> None:
    """The connection stays."""
    stage = Stage(name="dev", default_throttle=Throttle(rate=0.001, burst=2))
    async with serve({"$default": ok}, stage=stage) as gateway, gateway.connect() as socket:
        for _ in range(3):
            await socket.send("x")
        assert "Too Many Requests" == json.loads(await socket.recv())["message"]
        assert 2 == len(gateway.functions.events)


async def test_b15_stage_variables_are_on_every_event(serve: Serve) -> None:
    """And absent where the stage has none."""
    stage = Stage(name="dev", variables={"colour": "blue"})
    async with serve({"$connect": ok, "$disconnect": ok}, stage=stage) as gateway:
        async with gateway.connect():
            pass
        await until(lambda: gateway.functions.of("$disconnect"))
        assert [{"colour": "blue"}] * 2 == [event["stageVariables"] for _, event in gateway.functions.events]


async def test_c1_an_idle_connection_goes_away(serve: Serve) -> None:
    """1001, "Going away"; messages keep it open (the time is shortened here)."""
    async with serve({"$default": ok, "$disconnect": ok}, idle_timeout=0.4) as gateway:
        async with gateway.connect() as socket:
            loop = asyncio.get_running_loop()
            for _ in range(4):
                await asyncio.sleep(0.15)
                await socket.send("x")
            sent = loop.time()
            assert (1001, "Going away") == await closed(socket)
            assert loop.time() - sent >= 0.35
        await until(lambda: gateway.functions.of("$disconnect"))
        context = gateway.functions.of("$disconnect")[0]["requestContext"]

    assert (1001, "Going away") == (context["disconnectStatusCode"], context["disconnectReason"])


async def test_c2_a_connection_has_a_longest_time_however_busy(serve: Serve) -> None:
    """1001."""
    async with serve({"$default": ok}, max_duration=0.3) as gateway, gateway.connect() as socket:
        busy = asyncio.create_task(_busy(socket))
        assert (1001, "Going away") == await closed(socket)
        busy.cancel()


async def _busy(socket: ClientConnection) -> None:
    while True:
        await socket.send("x")
        await asyncio.sleep(0.05)


async def test_c3_a_post_resets_the_idle_time(serve: Serve) -> None:
    """Server to client counts too."""
    async with serve({"$connect": ok}, idle_timeout=0.4) as gateway, gateway.connect() as socket:
        connection_id = gateway.functions.of("$connect")[0]["requestContext"]["connectionId"]
        client = gateway.management()
        for _ in range(4):
            await asyncio.sleep(0.15)
            await asyncio.to_thread(client.post_to_connection, ConnectionId=connection_id, Data=b"x")
        for _ in range(4):
            assert "x" == await socket.recv()


async def test_d1_the_clients_code_and_reason_are_passed_on(serve: Serve) -> None:
    """As sent."""
    async with serve({"$disconnect": ok}) as gateway:
        async with gateway.connect() as socket:
            await socket.close(4001, "had enough")
        await until(lambda: gateway.functions.events)
        (event,) = gateway.functions.of("$disconnect")

    context = event["requestContext"]
    assert ("DISCONNECT", 4001, "had enough") == (
        context["eventType"],
        context["disconnectStatusCode"],
        context["disconnectReason"],
    )
    assert {"Host", "x-api-key", "X-Forwarded-For", "x-restapi"} == set(event["headers"])
    assert "body" not in event


async def test_d2_a_close_without_a_code_is_1005(serve: Serve) -> None:
    """With AWS's words for it."""
    async with serve({"$disconnect": ok}) as gateway, gateway.connect() as socket:
        socket.transport.write(Frame(Opcode.CLOSE, b"").serialize(mask=True))
        await until(lambda: gateway.functions.events)
        context = gateway.functions.of("$disconnect")[0]["requestContext"]

    assert (1005, "Client-side close frame status not set") == (
        context["disconnectStatusCode"],
        context["disconnectReason"],
    )


async def test_d3_a_dropped_connection_is_1006(serve: Serve) -> None:
    """Nobody said goodbye."""
    async with serve({"$disconnect": ok}) as gateway, gateway.connect() as socket:
        socket.transport.abort()
        await until(lambda: gateway.functions.events)

        assert 1006 == gateway.functions.of("$disconnect")[0]["requestContext"]["disconnectStatusCode"]


async def test_e4_connected_at_is_the_same_on_every_event(serve: Serve) -> None:
    """And the connection's id."""
    functions = {"$connect": ok, "$default": ok, "$disconnect": ok}
    async with serve(functions) as gateway:
        async with gateway.connect() as socket:
            await socket.send("x")
            await until(lambda: gateway.functions.of("$default"))
        await until(lambda: gateway.functions.of("$disconnect"))
        contexts = [event["requestContext"] for _, event in gateway.functions.events]

    assert 3 == len(contexts)
    assert 1 == len({(context["connectedAt"], context["connectionId"]) for context in contexts})


async def test_the_gateway_stops_promptly_and_says_goodbye(serve: Serve) -> None:
    """1001 to everybody; $disconnect is run."""
    async with serve({"$disconnect": ok}) as gateway:
        socket = await gateway.connect().__aenter__()
    assert 1001 == (await closed(socket))[0]
    assert 1 == len(gateway.functions.of("$disconnect"))
