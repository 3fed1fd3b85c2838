"""Plain and TLS on one port, told apart by a client's first byte, however the bytes come."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from local_emulator.address import Address
from local_emulator.certificates import load_or_create
from local_emulator.gateway.port import Port
from local_emulator.http1 import Answer, Request, Response

HELLO = b"\x16\x03\x01\x02\x00"
"""The head of a TLS record that opens a handshake."""


@contextlib.asynccontextmanager
async def port(folder: Path) -> AsyncIterator[tuple[Address, ssl.SSLContext]]:
    """A port that tells how it was reached and how long the body was, and what its clients trust."""

    def answer(request: Request) -> Answer:
        response = Response.json([request.secure, len(request.body)])
        return later(response) if request.path == "/later" else response

    async def later(response: Response) -> Response:
        await asyncio.sleep(0)
        return response

    certificate = load_or_create(folder)
    address = Address.take("127.0.0.1")
    serving = Port(answer, lambda *_: None, address=address, tls=certificate.context)
    await serving.start()
    try:
        yield address, ssl.create_default_context(cafile=str(certificate.ca_bundle))
    finally:
        await serving.stop()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_body_of_megabytes_arrives_whole(certificates: Path, scheme: str) -> None:
    """What was read to tell the two apart is not lost."""
    async with port(certificates) as (address, trust), httpx.AsyncClient(verify=trust) as client:
        response = await client.post(f"{scheme}://{address}/", content=b"x" * 3_000_000)

    assert [scheme == "https", 3_000_000] == response.json()


async def test_a_handshake_may_come_byte_by_byte(certificates: Path) -> None:
    """The first byte decides, and the rest of the handshake follows."""
    async with port(certificates) as (address, trust):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
        done = False
        while not done:
            try:
                client.do_handshake()
                done = True
                # The request goes out with the end of the handshake.
                client.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            except ssl.SSLWantReadError:
                pass
            for byte in outgoing.read():
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            if not done:
                incoming.write(await reader.read(65536))
        while True:
            try:
                answer = client.read(65536)
                break
            except ssl.SSLWantReadError:
                incoming.write(await reader.read(65536))
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_handshakes_that_come_to_nothing_harm_nobody(certificates: Path) -> None:
    """Noise that begins like TLS, and clients that reset the connection: the next ones are served."""
    async with port(certificates) as (address, trust), httpx.AsyncClient(verify=trust) as client:
        for number in range(20):
            broken = socket.create_connection((address.host, address.port))
            broken.sendall(HELLO if number % 2 else HELLO + b"noise" * 200)
            broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            broken.close()

        answers = [(await client.get(f"{scheme}://{address}/")).json() for scheme in ("http", "https")]

    assert [[False, 0], [True, 0]] == answers


@pytest.mark.parametrize("sent", [b"", HELLO, b"GET / HT"], ids=["nothing", "part of TLS", "part of HTTP"])
async def test_clients_that_have_not_said_all_are_dropped_at_the_end(certificates: Path, sent: bytes) -> None:
    """Whoever is in the middle of something does not hold the port up when it stops."""
    async with port(certificates) as (address, _):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(sent)
        await writer.drain()

    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


async def test_requests_in_a_row_are_answered_in_their_order(certificates: Path) -> None:
    """Thousands on one connection, some answered at once and some later, of a client that sends them all first."""
    sizes = [number % 7 for number in range(5000)]
    requests = b"".join(
        b"POST /%b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b"
        % (b"later" if size == 3 else b"", size, b"x" * size)
        for size in sizes
    )

    async with port(certificates) as (address, _):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(requests)
        answers = [(await reader.readuntil(b"]")).rpartition(b"[")[2] for _ in sizes]
        writer.close()

    assert [b"false, %d]" % size for size in sizes] == answers
