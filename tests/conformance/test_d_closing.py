"""D: closing."""

from __future__ import annotations

from websockets.frames import Frame, Opcode

from tests.conformance.cases import DOCUMENTED, INFERRED, RECORDED, case
from tests.conformance.clients import call, closed, error_of, received, still_open
from tests.conformance.target import Event, Target

SHORTENED = "the emulator can shorten the time, AWS cannot"


async def farewell(target: Target, connection_id: str) -> Event:
    """The DISCONNECT event of a connection that sent nothing."""
    event = (await target.events(connection_id, 2))[1]
    assert "DISCONNECT" == event["requestContext"]["eventType"]
    return event


def reason(event: Event) -> tuple[int, str]:
    context = event["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


@case("D1", RECORDED)
async def test_d1_the_clients_code_and_reason_are_passed_on(target: Target) -> None:
    """The client's close code and reason are on the DISCONNECT event, as sent."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        await socket.close(4001, "had enough")

    assert (4001, "had enough") == reason(await farewell(target, connection_id))


@case("D2", RECORDED)
async def test_d2_a_close_without_a_code_is_1005(target: Target) -> None:
    """A close frame without a code is 1005, Client-side close frame status not set."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        socket.transport.write(Frame(Opcode.CLOSE, b"").serialize(mask=True))
        event = await farewell(target, connection_id)

    assert (1005, "Client-side close frame status not set") == reason(event)


@case("D3", INFERRED)
async def test_d3_a_dropped_connection_is_1006(target: Target) -> None:
    """A connection that drops is 1006."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        socket.transport.abort()
        event = await farewell(target, connection_id)

    assert 1006 == reason(event)[0]
    assert reason(event)[1] in ("", "Connection closed abnormally")


@case("D4", RECORDED, local=SHORTENED)
async def test_d4_time_that_has_run_out_is_1001(shortened: Target) -> None:
    """A connection that was idle for too long, or open for too long, is 1001, Going away."""
    async with shortened.connect() as socket:
        connection_id = await shortened.connection_id(socket)
        await closed(socket)

    assert (1001, "Going away") == reason(await farewell(shortened, connection_id))


@case("D5", RECORDED)
async def test_d5_the_disconnect_event_has_few_headers(target: Target) -> None:
    """The DISCONNECT event has four headers, three of them empty, and neither body nor query."""
    async with target.connect(path="?a=1") as socket:
        connection_id = await target.connection_id(socket)
    event = await farewell(target, connection_id)

    domain = event["requestContext"]["domainName"]
    expected = {"Host": domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert expected == event["headers"]
    assert {name: [value] for name, value in expected.items()} == event["multiValueHeaders"]
    assert not {"body", "queryStringParameters", "multiValueQueryStringParameters"} & set(event)


@case("D6", DOCUMENTED)
async def test_d6_a_connection_can_be_deleted(target: Target) -> None:
    """DeleteConnection closes the client's connection, and `$disconnect` follows."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        await call(target.management(), "delete_connection", ConnectionId=connection_id)
        # The code is inferred.
        assert 1000 == (await closed(socket))[0]

    assert 1000 == reason(await farewell(target, connection_id))[0]


@case("D7", DOCUMENTED)
async def test_d7_a_disconnect_that_fails_is_nobodys_concern(target: Target) -> None:
    """A `$disconnect` that fails, or that there is none of, changes nothing."""
    for api in ("Static", "Nested"):
        async with target.connect(api) as socket:
            connection_id = await target.connection_id(socket)
        assert (410, "GoneException") == await error_of(
            target.management(api), "get_connection", ConnectionId=connection_id
        )
        async with target.connect(api) as socket:
            assert await still_open(socket)


@case("D8", DOCUMENTED)
async def test_d8_a_closed_connection_is_gone(target: Target) -> None:
    """A post after the close is 410."""
    async with target.connect() as socket:
        connection_id = await target.connection_id(socket)
        management = target.management()
        await call(management, "post_to_connection", ConnectionId=connection_id, Data=b"x")
        assert "x" == await received(socket)
    await farewell(target, connection_id)

    assert (410, "GoneException") == await error_of(
        management, "post_to_connection", ConnectionId=connection_id, Data=b"x"
    )
