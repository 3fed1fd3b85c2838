"""The one port: plain and TLS, told apart by the first byte that a client sends."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import weakref
from typing import cast

from local_emulator.address import Address
from local_emulator.http1 import Application, HttpProtocol, Upgrade

_TLS_HANDSHAKE = 0x16
"""The first byte of a TLS record that opens a handshake (RFC 8446, section 5.1)."""
_BACKLOG = 1024


class Port:
    """Listens, and gives each connection an HTTP protocol over the transport that it speaks."""

    def __init__(
        self, application: Application, upgrade: Upgrade, *, address: Address, tls: ssl.SSLContext | None
    ) -> None:
        self.tls = tls
        self._application = application
        self._upgrade = upgrade
        self._address = address
        self._servers: list[asyncio.Server] = []
        self._handshakes: set[asyncio.Task[None]] = set()
        # Weakly: a connection that has ended, or has become a WebSocket, is held by nobody else.
        self._protocols: weakref.WeakSet[_Opening | HttpProtocol] = weakref.WeakSet()

    async def start(self) -> None:
        """Starts to listen."""
        loop = asyncio.get_running_loop()
        for bound in self._address.sockets:
            self._servers.append(await loop.create_server(self._opening, sock=bound, backlog=_BACKLOG))

    async def stop(self) -> None:
        """Stops listening and drops what is still open."""
        for server in self._servers:
            server.close()
        for handshake in self._handshakes:
            handshake.cancel()
        await asyncio.gather(*self._handshakes, return_exceptions=True)
        self._address.close()
        for protocol in list(self._protocols):
            protocol.abort()
        # Aborted transports close in the loop's next round.
        await asyncio.sleep(0)

    def serve(self, transport: asyncio.Transport, data: bytes) -> None:
        """HTTP from now on, `data` first."""
        protocol = HttpProtocol(self._application, upgrade=self._upgrade)
        self._protocols.add(protocol)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if data:
            protocol.data_received(data)

    def secure(self, transport: asyncio.Transport, data: bytes) -> None:
        """TLS from now on, `data` first, and HTTP in it."""
        transport.pause_reading()
        handshake = asyncio.get_running_loop().create_task(self._secure(transport, data))
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)

    async def _secure(self, transport: asyncio.Transport, data: bytes) -> None:
        assert self.tls is not None
        early = _Early()
        loop = asyncio.get_running_loop()
        upgrading = asyncio.ensure_future(loop.start_tls(transport, early, self.tls, server_side=True))
        # In the loop's next round it puts its own protocol in place, which is connected, and reads, in the one after.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        _feed(cast("asyncio.BufferedProtocol", transport.get_protocol()), data)
        with contextlib.suppress(OSError):
            # ssl.SSLError is one: not TLS after all, a certificate that the client does not trust.
            secured = await upgrading
            if secured is not None and not early.lost:
                self.serve(secured, early.data)

    def _opening(self) -> _Opening:
        opening = _Opening(self)
        self._protocols.add(opening)
        return opening


class _Opening(asyncio.Protocol):
    """Waits for what a client sends first."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data[0] == _TLS_HANDSHAKE and self._port.tls is not None:
            self._port.secure(self._transport, data)
        else:
            self._port.serve(self._transport, data)

    def abort(self) -> None:
        """Drops the connection, if it still is one that waits."""
        self._transport.abort()


class _Early(asyncio.Protocol):
    """Keeps what comes with the end of a TLS handshake, before it is told of."""

    def __init__(self) -> None:
        self.data = b""
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


def _feed(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    """What has been read already, as if it came now."""
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        protocol.buffer_updated(size)
        data = data[size:]
