"""The one port: plain and TLS, told apart by the first byte that a client sends."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import weakref
from collections.abc import Callable
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
        self._tls = tls
        self._application = application
        self._upgrade = upgrade
        self._address = address
        self._servers: list[asyncio.Server] = []
        self._handshakes: set[asyncio.Task[None]] = set()
        # Weakly: a connection that has ended, or has become a WebSocket, is held by nobody else.
        self._protocols: weakref.WeakSet[HttpProtocol] = weakref.WeakSet()

    async def start(self) -> None:
        """Starts to listen."""
        loop = asyncio.get_running_loop()
        for bound in self._address.sockets:
            self._servers.append(await loop.create_server(self._accept, sock=bound, backlog=_BACKLOG))

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

    def _accept(self) -> HttpProtocol:
        return self._hold(
            _PlainOrTls(self._application, self._upgrade, None if self._tls is None else self._secure)
        )

    def _hold(self, protocol: HttpProtocol) -> HttpProtocol:
        self._protocols.add(protocol)
        return protocol

    def _secure(self, transport: asyncio.Transport, data: bytes) -> None:
        transport.pause_reading()
        handshake = asyncio.get_running_loop().create_task(self._shake_hands(transport, data))
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, transport: asyncio.Transport, data: bytes) -> None:
        assert self._tls is not None
        early = _Early()
        loop = asyncio.get_running_loop()
        upgrading = asyncio.ensure_future(loop.start_tls(transport, early, self._tls, server_side=True))
        # In the loop's next round it puts its own protocol in place, which is connected, and reads, in the one after.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        _feed(cast("asyncio.BufferedProtocol", transport.get_protocol()), data)
        with contextlib.suppress(OSError):
            # ssl.SSLError is one: not TLS after all, a certificate that the client does not trust.
            secured = await upgrading
            if secured is not None and not early.lost:
                self._serve(secured, early.data)

    def _serve(self, transport: asyncio.Transport, data: bytes) -> None:
        """HTTP from now on, `data` first."""
        protocol = self._hold(HttpProtocol(self._application, upgrade=self._upgrade))
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if data:
            protocol.data_received(data)


class _PlainOrTls(HttpProtocol):
    """HTTP, unless a client begins with a TLS handshake: then `secure` takes the connection over."""

    def __init__(
        self,
        application: Application,
        upgrade: Upgrade,
        secure: Callable[[asyncio.Transport, bytes], None] | None,
    ) -> None:
        super().__init__(application, upgrade=upgrade)
        self._begin_tls = secure

    def data_received(self, data: bytes) -> None:
        secure, self._begin_tls = self._begin_tls, None
        if secure is not None and data[0] == _TLS_HANDSHAKE:
            secure(self._transport, data)
        else:
            super().data_received(data)


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
