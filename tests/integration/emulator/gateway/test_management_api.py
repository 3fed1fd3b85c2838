"""The @connections API, case by case, with boto3's own client over TLS and a plain one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulator.gateway.local_gateway import Running, ok
from tests.integration.emulator.gateway.test_websocket_api import closed, until

Serve = Callable[..., Any]
NOBODY = "L0SM9cOFvHcCIhw="
SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/execute-api/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
}


def connection_id(gateway: Running) -> str:
    found: str = gateway.functions.of("$connect")[-1]["requestContext"]["connectionId"]
    return found


async def call(gateway: Running, operation: str, **arguments: Any) -> Any:
    return await asyncio.to_thread(getattr(gateway.management(), operation), **arguments)


async def status_of(gateway: Running, operation: str, **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as refused:
        await call(gateway, operation, **arguments)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


async def test_f1_a_post_arrives_as_one_text_message(serve: Serve) -> None:
    """200; what is not UTF-8 is replaced."""
    async with serve({"$connect": ok}) as gateway, gateway.connect() as socket:
        for data in ("héllo".encode(), b"\xff!"):
            await call(gateway, "post_to_connection", ConnectionId=connection_id(gateway), Data=data)

        assert ["héllo", "\ufffd!"] == [await socket.recv(), await socket.recv()]


@pytest.mark.parametrize("operation", ["post_to_connection", "get_connection", "delete_connection"])
async def test_f2_d8_a_connection_that_is_not_there_is_gone(serve: Serve, operation: str) -> None:
    """410 with the exception's name, for one that never was and for one that has closed."""
    data = {"Data": b"x"} if operation == "post_to_connection" else {}
    async with serve({"$connect": ok, "$disconnect": ok}) as gateway:
        async with gateway.connect():
            pass
        await until(lambda: gateway.functions.of("$disconnect"))
        for name in (NOBODY, connection_id(gateway)):
            assert (410, "GoneException") == await status_of(gateway, operation, ConnectionId=name, **data)


async def test_f3_a_malformed_id_is_a_bad_request(serve: Serve) -> None:
    """400, not 410."""
    async with serve({"$connect": ok}) as gateway:
        assert (400, "BadRequestException") == await status_of(
            gateway, "post_to_connection", ConnectionId="no id", Data=b"x"
        )


@pytest.mark.parametrize("header", [None, "Bearer x", "AWS4-HMAC-SHA256 nonsense"])
async def test_f4_f5_a_request_without_a_signature_is_forbidden(serve: Serve, header: str | None) -> None:
    """403; a signature must be well-formed, and is not verified."""
    async with serve({"$connect": ok}) as gateway, gateway.connect(), gateway.http() as http:
        path = f"/dev/@connections/{quote(connection_id(gateway))}"
        headers = {"authorization": header} if header else {}

        refused = await http.post(path, content=b"x", headers=headers)
        taken = await http.post(path, content=b"x", headers=SIGNED)

    assert (403, {"message": "Missing Authentication Token"}) == (refused.status_code, refused.json())
    assert (200, b"") == (taken.status_code, taken.content)


async def test_f6_f7_a_payload_has_128_kb_in_frames_of_32(serve: Serve) -> None:
    """More is 413; the client gets one message."""
    async with serve({"$connect": ok}) as gateway, gateway.connect(max_size=None) as socket:
        name = connection_id(gateway)
        await call(gateway, "post_to_connection", ConnectionId=name, Data=b"x" * (128 * 1024))

        fragments = [len(fragment) async for fragment in socket.recv_streaming()]
        assert [32 * 1024] * 4 == [size for size in fragments if size]
        assert (413, "PayloadTooLargeException") == await status_of(
            gateway, "post_to_connection", ConnectionId=name, Data=b"x" * (128 * 1024 + 1)
        )


async def test_f8_a_client_that_does_not_read_is_limited(serve: Serve) -> None:
    """429 once enough waits for it; another connection is not held up."""
    async with serve({"$connect": ok}) as gateway, gateway.connect() as slow, gateway.http() as http:
        name = connection_id(gateway)
        slow.transport.pause_reading()
        statuses: list[int] = []
        while len(statuses) < 500 and 429 not in statuses:
            answer = await http.post(
                f"/dev/@connections/{quote(name)}", content=b"x" * (128 * 1024), headers=SIGNED
            )
            statuses.append(answer.status_code)
        async with gateway.connect() as quick:
            await call(gateway, "post_to_connection", ConnectionId=connection_id(gateway), Data=b"x")
            assert "x" == await quick.recv()

    assert 429 == statuses[-1]
    assert "LimitExceededException" == answer.headers["x-amzn-errortype"]


async def test_f9_get_describes_the_connection(serve: Serve) -> None:
    """Times as boto3 reads them, and who it is."""
    async with serve({"$connect": ok}) as gateway, gateway.connect(user_agent_header="test/1"):
        described = await call(gateway, "get_connection", ConnectionId=connection_id(gateway))

    assert {"SourceIp": "127.0.0.1", "UserAgent": "test/1"} == described["Identity"]
    assert described["ConnectedAt"] <= described["LastActiveAt"]


async def test_f10_d6_delete_closes_the_connection(serve: Serve) -> None:
    """204; $disconnect follows."""
    async with serve({"$connect": ok, "$disconnect": ok}) as gateway, gateway.connect() as socket:
        answer = await call(gateway, "delete_connection", ConnectionId=connection_id(gateway))
        assert 204 == answer["ResponseMetadata"]["HTTPStatusCode"]
        assert 1000 == (await closed(socket))[0]
        await until(lambda: gateway.functions.of("$disconnect"))


async def test_f11_another_stage_is_not_this_one(serve: Serve) -> None:
    """Its connections are not reached."""
    async with serve({"$connect": ok}) as gateway, gateway.connect(), gateway.http() as http:
        answer = await http.post(
            f"/other/@connections/{quote(connection_id(gateway))}", content=b"x", headers=SIGNED
        )

    assert answer.status_code in (403, 404)


async def test_f12_another_method_is_forbidden(serve: Serve) -> None:
    """403."""
    async with serve({"$connect": ok}) as gateway, gateway.connect(), gateway.http() as http:
        answer = await http.put(f"/dev/@connections/{quote(connection_id(gateway))}", headers=SIGNED)

    assert 403 == answer.status_code


async def test_f13_posts_arrive_in_order(serve: Serve) -> None:
    """One sender's, awaited one after the other."""
    async with serve({"$connect": ok}) as gateway, gateway.connect() as socket, gateway.http() as http:
        path = f"/dev/%40connections/{quote(connection_id(gateway))}"
        for number in range(50):
            assert 200 == (await http.post(path, content=str(number).encode(), headers=SIGNED)).status_code

        assert [str(number) for number in range(50)] == [await socket.recv() for _ in range(50)]


async def test_f15_an_empty_post_is_taken_and_sends_nothing(serve: Serve) -> None:
    """200."""
    async with serve({"$connect": ok}) as gateway, gateway.connect() as socket:
        name = connection_id(gateway)
        await call(gateway, "post_to_connection", ConnectionId=name, Data=b"")
        await call(gateway, "post_to_connection", ConnectionId=name, Data=b"x")

        assert "x" == await socket.recv()
