"""F: the @connections API, by boto3's own client and by a plain one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from tests.conformance.cases import DOCUMENTED, INFERRED, MEASURED, REPORTED, case
from tests.conformance.clients import call, closed, error_of, received, signature
from tests.conformance.target import Target

NOBODY = "L0SM9cOFvHcCIhw="
KB = 1024


async def post(target: Target, socket: ClientConnection, data: bytes) -> None:
    name = await target.connection_id(socket)
    await call(target.management(), "post_to_connection", ConnectionId=name, Data=data)


async def plainly(
    target: Target, method: str, connection_id: str, *, signed: bool, body: bytes = b"", **headers: str
) -> httpx.Response:
    """A request without an SDK."""
    path = f"/%40connections/{quote(connection_id, safe='')}"
    given = signature(target, method, target.management_url() + path, body) if signed else {}
    async with target.http("Socket") as http:
        return await http.request(method, path, content=body, headers={**given, **headers})


@case("F1", DOCUMENTED)
async def test_f1_a_post_arrives_as_one_text_message(target: Target) -> None:
    """POST to an open connection is 200 with an empty body, and one text message; what is not UTF-8 is replaced."""
    async with target.connect() as socket:
        for data in ("héllo".encode(), b"\xff!"):
            await post(target, socket, data)
        assert ["héllo", "\ufffd!"] == [await received(socket), await received(socket)]

        answer = await plainly(target, "POST", await target.connection_id(socket), signed=True, body=b"x")
        assert (200, b"") == (answer.status_code, answer.content)


@case("F2", DOCUMENTED)
@pytest.mark.parametrize("operation", ["post_to_connection", "get_connection", "delete_connection"])
async def test_f2_a_connection_that_is_not_there_is_gone(target: Target, operation: str) -> None:
    """POST, GET and DELETE for an id that is closed or was never used are 410, GoneException."""
    async with target.connect() as socket:
        name = await target.connection_id(socket)
    await target.events(name, 2)

    data = {"Data": b"x"} if operation == "post_to_connection" else {}
    for gone in (NOBODY, name):
        assert (410, "GoneException") == await error_of(
            target.management(), operation, ConnectionId=gone, **data
        )


@case("F3", REPORTED)
async def test_f3_a_malformed_id_is_a_bad_request(target: Target) -> None:
    """A malformed id is 400, BadRequestException."""
    assert (400, "BadRequestException") == await error_of(
        target.management(), "post_to_connection", ConnectionId="no id", Data=b"x"
    )


@case("F4", DOCUMENTED)
async def test_f4_a_request_without_a_signature_is_forbidden(target: Target) -> None:
    """Without a signature: 403, Missing Authentication Token."""
    async with target.connect() as socket:
        answer = await plainly(target, "POST", await target.connection_id(socket), signed=False, body=b"x")

    assert (403, {"message": "Missing Authentication Token"}) == (answer.status_code, answer.json())


@case("F5", DOCUMENTED, simplified="any signature that is well-formed is taken; none is verified")
async def test_f5_a_signature_is_looked_at(target: Target) -> None:
    """A signature that is none, or that does not verify, is 403."""
    forged = (
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/execute-api/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    )
    async with target.connect() as socket:
        name = await target.connection_id(socket)
        statuses = [
            (await plainly(target, "POST", name, signed=False, body=b"x", authorization=header)).status_code
            for header in ("AWS4-HMAC-SHA256 nonsense", forged)
        ]

    assert [403, 200 if target.local else 403] == statuses


@case("F6", DOCUMENTED)
async def test_f6_a_payload_has_128_kb(target: Target) -> None:
    """A payload of more than 128 KB is 413, PayloadTooLargeException."""
    async with target.connect() as socket:
        name = await target.connection_id(socket)
        assert (413, "PayloadTooLargeException") == await error_of(
            target.management(), "post_to_connection", ConnectionId=name, Data=b"x" * (128 * KB + 1)
        )


@case("F7", DOCUMENTED)
async def test_f7_a_large_payload_comes_in_frames_of_32_kb(target: Target) -> None:
    """A payload of up to 128 KB is one message, in frames of 32 KB."""
    async with target.connect() as socket:
        await post(target, socket, b"x" * (128 * KB))
        fragments = [len(fragment) async for fragment in socket.recv_streaming()]

    assert [32 * KB] * 4 == [size for size in fragments if size]


@case(
    "F8",
    DOCUMENTED,
    simplified="after 1 MB unsent, AWS documents no number; posts are not throttled otherwise",
    local="AWS documents no number, and its account would be throttled for all",
)
async def test_f8_a_client_that_does_not_read_is_limited(target: Target) -> None:
    """Posts to a client that does not read are 429, LimitExceededException, in the end; others are not held up."""
    management = target.management()
    async with target.connect() as slow, target.connect() as quick:
        name = await target.connection_id(slow)
        slow.transport.pause_reading()
        error: Any = None
        for _ in range(500):
            try:
                await call(management, "post_to_connection", ConnectionId=name, Data=b"x" * (128 * KB))
            except management.exceptions.LimitExceededException as limited:
                error = limited.response
                break
        await post(target, quick, b"x")
        assert "x" == await received(quick)
        slow.transport.abort()

    assert 429 == error["ResponseMetadata"]["HTTPStatusCode"]


@case("F9", DOCUMENTED)
async def test_f9_get_describes_the_connection(target: Target) -> None:
    """GET is 200 with `connectedAt`, `lastActiveAt` (ISO 8601) and the client's `identity`."""
    async with target.connect(user_agent_header="conformance/1") as socket:
        name = await target.connection_id(socket)
        described = await call(target.management(), "get_connection", ConnectionId=name)
        answer = await plainly(target, "GET", name, signed=True)

    assert "conformance/1" == described["Identity"]["UserAgent"]
    assert described["Identity"]["SourceIp"]
    assert described["ConnectedAt"] <= described["LastActiveAt"]
    assert {"connectedAt", "identity", "lastActiveAt"} == set(answer.json())
    assert answer.json()["connectedAt"].endswith("Z")


@case("F10", DOCUMENTED)
async def test_f10_delete_closes_the_connection(target: Target) -> None:
    """DELETE is 204, and the connection is closed."""
    async with target.connect() as socket:
        name = await target.connection_id(socket)
        answer = await call(target.management(), "delete_connection", ConnectionId=name)
        assert 204 == answer["ResponseMetadata"]["HTTPStatusCode"]
        await closed(socket)


@case("F11", INFERRED)
async def test_f11_another_api_has_other_connections(target: Target) -> None:
    """By another API's or another stage's URL a connection is 403 or 410, and is never reached."""
    async with target.connect() as socket:
        name = await target.connection_id(socket)
        status, _ = await error_of(
            target.management("Open"), "post_to_connection", ConnectionId=name, Data=b"stray"
        )
        await post(target, socket, b"meant")
        assert "meant" == await received(socket)

    assert status in (403, 410)


@case("F12", INFERRED)
async def test_f12_another_method_is_forbidden(target: Target) -> None:
    """Another method than POST, GET and DELETE is 403."""
    async with target.connect() as socket:
        answer = await plainly(target, "PUT", await target.connection_id(socket), signed=True)

    assert 403 == answer.status_code


@case("F13", REPORTED)
async def test_f13_posts_arrive_in_order(target: Target) -> None:
    """Posts of one sender, awaited one after the other, arrive in their order."""
    async with target.connect() as socket:
        management, name = target.management(), await target.connection_id(socket)
        for number in range(30):
            await call(management, "post_to_connection", ConnectionId=name, Data=str(number).encode())
        assert [str(number) for number in range(30)] == [await received(socket) for _ in range(30)]


@case("F14", MEASURED)
async def test_f14_boto3_knows_the_exception(target: Target) -> None:
    """boto3 raises `client.exceptions.GoneException` for a 410, since a header names it."""
    client = target.management()
    with pytest.raises(client.exceptions.GoneException):
        await call(client, "post_to_connection", ConnectionId=NOBODY, Data=b"x")

    answer = await plainly(target, "POST", NOBODY, signed=True, body=b"x")
    assert "GoneException" == answer.headers["x-amzn-errortype"]


@case("F15", INFERRED)
async def test_f15_an_empty_post_is_taken(target: Target) -> None:
    """An empty payload is accepted; nothing or an empty message reaches the client."""
    async with target.connect() as socket:
        await post(target, socket, b"")
        await post(target, socket, b"x")
        message = await received(socket)
        assert "x" == (message or await received(socket))
